// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog
import Testing

/// What numbers are called as categories.
struct NumberTextTests {
    @Test(arguments: [
        (1.0, "1"), (-1.0, "-1"), (0.0, "0"), (-0.0, "0"), (1.5, "1.5"), (0.1, "0.1"),
        (9_007_199_254_740_991, "9007199254740991"), (-9_007_199_254_740_991, "-9007199254740991"),
        (9_007_199_254_740_992, "9007199254740992.0"), (1e300, "1e+300"),
        (.leastNonzeroMagnitude, "5e-324"),
        (.infinity, "inf"), (-.infinity, "-inf"), (.nan, "nan"),
    ])
    func `a number has one text`(_ number: Double, _ text: String) {
        #expect(canonicalText(of: number) == text)
    }

    @Test(arguments: [
        ("123456789012345678", "123456789012345678"), ("-9007199254740993", "-9007199254740993"),
        ("0", "0"), ("-0", "0"), ("1.0", "1"), ("1e3", "1000"), ("1.50", "1.5"), ("007", "7"),
        ("1e17", "1e+17"), ("+5", "5"),
    ])
    func `a whole number is as it was written, however large`(
        _ spelling: String,
        _ text: String
    ) throws {
        let value = try #require(Double(spelling))
        #expect(canonicalText(of: value, spelling: spelling) == text)
    }
}
