// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import Testing

struct MessageNumberTests {
    @Test(
        arguments: [
            (0.617, "0.617"), (0.0995, "0.1"), (0.0123, "0.012"), (0.00123, "0.0012"), (0, "0"),
            (12.3456, "12.346"), (-0.5, "-0.5"), (1e-6, "0.000001"), (1.23e-13, "1.2e-13"),
            (9.97e-9, "1e-8"), (-4e-300, "-4e-300"), (.leastNonzeroMagnitude, "4.9e-324"),
            (1e300, "1e+300"),
            (.infinity, "inf"), (.nan, "nan"),
        ]
    )
    func `a statistic has two or three digits`(value: Double, text: String) {
        #expect(MessageNumber.rounded(value) == text)
    }

    @Test(
        arguments: [
            (71.96, "71.96"), (60, "60"), (-5.811982493903648, "-5.81198"), (1e-9, "1e-09"),
            (0.1 + 0.2, "0.3"), (123_456.789_012, "123457"), (0.001_234_567_89, "0.001235"),
            (999_999.999_99, "1000000"), (12_345_678.912_345, "12345678.912345"), (1e20, "1e+20"),
        ]
    )
    func `the end of an interval is told to six digits at most where it is long`(
        value: Double,
        text: String
    ) {
        #expect(MessageNumber.end(value) == text)
    }

    @Test(
        arguments: [
            (0.31, "31%"), (0.004, "0.4%"), (0, "0%"), (0.00001, "<0.1%"), (0.9999, ">99.9%"),
            (0.995, "99.5%"), (1, "100%"), (1.5, "150%"), (-0.2, "-20%"), (-0.00001, ">-0.1%"),
            (-0.004, "-0.4%"), (.infinity, "inf%"), (.nan, "nan%"), (1e300, "1e+302%"),
        ]
    )
    func `a share is told as a percentage`(share: Double, text: String) {
        #expect(MessageNumber.percent(share) == text)
    }

    @Test(
        arguments: [
            (0.0, "0s"), (45, "45s"), (3_900, "1h 5m"), (3_605, "1h"), (90_061, "1d 1h"),
            (-5, "0s"), (.nan, "0s"), (.infinity, "11574074074d 1h"),
        ]
    )
    func `a span is told in its two largest units`(seconds: Double, text: String) {
        #expect(MessageNumber.span(seconds) == text)
    }

    @Test
    func `counts have their thousands apart, and plain numbers no more than they need`() {
        #expect(MessageNumber.count(0) == "0")
        #expect(MessageNumber.count(999) == "999")
        #expect(MessageNumber.count(1_234_567) == "1,234,567")
        #expect(MessageNumber.plain(60) == "60")
        #expect(MessageNumber.plain(-0.0) == "0")
        #expect(MessageNumber.plain(71.96) == "71.96")
    }
}
