// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import InferenceServer
import Testing

struct VersionNumberTests {
    @Test(arguments: ["1", "9", "10", "20261126", "99999999999999999999999999"])
    func `takes positive whole numbers of any length`(text: String) {
        #expect(VersionNumber(text)?.text == text)
    }

    @Test(arguments: ["", "0", "01", "-1", "+1", "1.0", "1e3", "v1", " 1", "1 ", "١", "latest"])
    func `takes nothing else`(text: String) {
        #expect(VersionNumber(text) == nil)
    }

    @Test
    func `orders by number, not by text`() {
        let sorted = ["10", "9", "100000000000000000000", "2", "11"].compactMap(VersionNumber.init)
            .sorted().map(\.text)
        #expect(sorted == ["2", "9", "10", "11", "100000000000000000000"])
    }
}
