// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import PredictionLog
import TestSupport
import Testing

/// Times in both directions, with Foundation's calendar as the oracle.
struct RFC3339Tests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2013-05-31T23:00:00Z", 1_370_041_200),
        ("2013-06-01T05:00:00.25-04:00", 1_370_077_200.25), ("2016-12-31T23:59:60Z", 1_483_228_800),
        ("2024-02-29t12:00:00z", 1_709_208_000), ("2024-02-29 12:00:00+00:00", 1_709_208_000),
        ("1969-12-31T23:59:59.5Z", -0.5), ("0000-01-01T00:00:00Z", -62_167_219_200),
        ("9999-12-31T23:59:59Z", 253_402_300_799), ("2000-01-01T00:00:00-00:00", 946_684_800),
        ("2000-01-01T00:00:00.123456789012345678901234Z", 946_684_800.123456789),
        ("2000-01-01T00:00:00+23:59", 946_598_460),
    ])
    func `reads a time`(_ text: String, _ seconds: Double) {
        #expect(RFC3339.parse(text) == seconds)
    }

    @Test(arguments: [
        "", "2013", "2013-05-31", "2013-05-31T23:00:00", "2013-05-31T23:00Z",
        "2013-13-01T00:00:00Z",
        "2013-00-01T00:00:00Z", "2013-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
        "2013-04-31T00:00:00Z", "2013-01-00T00:00:00Z", "2013-01-01T24:00:00Z",
        "2013-01-01T00:60:00Z", "2013-01-01T00:00:61Z", "2013-01-01T00:00:00.Z",
        "2013-01-01T00:00:00+24:00", "2013-01-01T00:00:00+0100", "2013-01-01T00:00:00Zx",
        "2013-01-01T00:00:00 Z", " 2013-01-01T00:00:00Z", "+013-01-01T00:00:00Z",
        "２０13-01-01T00:00:00Z", "2013-1-1T00:00:00Z", "2013-01-01T00:00:00+01:60",
    ])
    func `refuses what is no time`(_ text: String) {
        #expect(RFC3339.parse(text) == nil)
    }

    @Test
    func `every day of twelve centuries agrees with Foundation's calendar`() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        // After 1582, where Foundation's calendar is Gregorian.
        let first = try #require(RFC3339.parse("1600-01-01T12:34:56Z"))
        for day in stride(from: 0, to: 1_200 * 365, by: 7) {
            let seconds = first + Double(day) * 86_400
            let date = Date(timeIntervalSince1970: seconds)
            let parts = calendar.dateComponents([.year, .month, .day], from: date)
            let year = try #require(parts.year)
            let text = RFC3339.format(seconds)
            #expect(text.hasPrefix("\(year)-") && text.hasSuffix("T12:34:56Z"))
            #expect(Int(text.dropFirst(5).prefix(2)) == parts.month)
            #expect(Int(text.dropFirst(8).prefix(2)) == parts.day)
        }
    }

    @Test
    func `what is written is read back to the millisecond`() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<20_000 {
            let milliseconds = Int64.random(
                in: -62_167_219_200_000..<253_402_300_800_000,
                using: &random
            )
            let seconds = Double(milliseconds) / 1_000
            let text = RFC3339.format(seconds)
            #expect(RFC3339.parse(text) == seconds, "\(text)")
        }
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00Z"), (0.25, "1970-01-01T00:00:00.250Z"),
        (0.0004, "1970-01-01T00:00:00Z"), (0.9996, "1970-01-01T00:00:01Z"),
        (-0.001, "1969-12-31T23:59:59.999Z"), (Double.nan, "1970-01-01T00:00:00Z"),
        (Double.infinity, "9999-12-31T23:59:59.999Z"), (-1e300, "0000-01-01T00:00:00Z"),
    ])
    func `writes a time, whatever it is`(_ seconds: Double, _ text: String) {
        #expect(RFC3339.format(seconds) == text)
    }
}
