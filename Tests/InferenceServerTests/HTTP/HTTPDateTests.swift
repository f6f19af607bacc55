// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import InferenceServer
import TestSupport
import Testing

struct HTTPDateTests {
    @Test(arguments: [
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (4_102_444_799, "Thu, 31 Dec 2099 23:59:59 GMT"),
    ])
    func `writes a moment as RFC 9110 does`(second: Int, text: String) {
        var date = HTTPDate()
        #expect(String(decoding: date.text(at: second), as: UTF8.self) == text)
    }

    @Test
    func `agrees with Foundation`() {
        var random = SeededGenerator(seed: 3)
        var date = HTTPDate()
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        for _ in 0..<1_000 {
            let second = Int.random(in: 0..<8_000_000_000, using: &random)
            let expected = formatter.string(from: Date(timeIntervalSince1970: Double(second)))
            #expect(String(decoding: date.text(at: second), as: UTF8.self) == expected)
        }
    }
}
