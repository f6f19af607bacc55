// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog
import Testing

struct NearestNameTests {
    private static let known = ["temp", "humid", "dep_delay", "x", "y1"]

    @Test(arguments: [
        ("tmep", "temp"), ("TEMP", "temp"), ("dep_dealy", "dep_delay"), ("dep-delay", "dep_delay"),
        ("humidity", nil), ("z", nil), ("y2", nil), ("X", "x"), ("", nil),
    ])
    func `the nearest name differs in a third of its letters at most`(
        name: String,
        nearest: String?
    ) {
        #expect(NearestName.of(name, among: Self.known) == nearest)
    }

    @Test(arguments: [
        ("", "", 0), ("a", "", 1), ("kitten", "sitting", 3), ("ab", "ba", 1), ("abc", "ca", 3),
    ])
    func `the distance counts a swap of neighbours once`(
        first: String,
        second: String,
        distance: Int
    ) {
        let bytes = (Array(first.utf8), Array(second.utf8))
        #expect(NearestName.distance(bytes.0, bytes.1) == distance)
        #expect(NearestName.distance(bytes.1, bytes.0) == distance)
    }
}
