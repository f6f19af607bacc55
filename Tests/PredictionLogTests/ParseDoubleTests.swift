// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import PredictionLog
import TestSupport
import Testing

/// Every number must be the double that `strtod` finds, to the bit.
struct ParseDoubleTests {
    static func parse(_ text: String) -> Double? { parseDouble(Array(text.utf8).span) }

    /// Expects the double that `strtod` makes of a text.
    static func expectNearest(_ text: String) {
        let expected = unsafe strtod(text, nil)
        let found = parse(text)
        guard found?.bitPattern != expected.bitPattern else { return }
        Issue.record("\(text) is \(found.map(\.description) ?? "no number"), not \(expected)")
    }

    @Test
    func `doubles of all magnitudes, printed and cut`() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<200_000 {
            let number = Double(bitPattern: random.next())
            guard number.isFinite else { continue }
            let text = number.description
            #expect(Self.parse(text)?.bitPattern == number.bitPattern)
            Self.expectNearest(text.replacing("e", with: "3e"))
        }
    }

    @Test
    func `floats widened to doubles`() {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<100_000 {
            let number = Float(bitPattern: UInt32(truncatingIfNeeded: random.next()))
            guard number.isFinite else { continue }
            Self.expectNearest(Double(number).description)
            Self.expectNearest(number.description)
        }
    }

    @Test
    func `subnormal numbers`() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<50_000 {
            let shift = UInt64.random(in: 12...63, using: &random)
            Self.expectNearest(Double(bitPattern: random.next() >> shift).description)
            let mantissa = UInt64.random(in: 1...9_999_999_999_999_999_999, using: &random)
            Self.expectNearest("\(mantissa)e\(Int.random(in: -345 ... -320, using: &random))")
        }
    }

    @Test
    func `every exponent with mantissas of one to forty digits`() {
        var random = SeededGenerator(seed: 4)
        for exponent in -400...330 {
            for digits in 1...40 {
                var text = String(Int.random(in: 1...9, using: &random))
                for _ in 1..<digits { text += String(Int.random(in: 0...9, using: &random)) }
                Self.expectNearest("\(text)e\(exponent)")
                Self.expectNearest("-0.\(text)E+\(exponent)".replacing("+-", with: "-"))
            }
        }
    }

    @Test
    func `short decimals, as logs have them`() {
        for whole in 0..<1_000 {
            for fraction in 0..<100 { Self.expectNearest("\(whole * 37).\(fraction)") }
        }
    }

    @Test
    func
        `the exact middle of two doubles goes to the even one, a digit more breaks the tie`()
    {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<250 {
            let field = Int.random(in: 0..<2_046, using: &random)
            let bits = UInt64(field) << 52 | random.next() >> 12
            let middle = Self.exactMiddle(above: Double(bitPattern: bits))
            Self.expectNearest(middle)
            // A digit below the last, and one less than the last.
            let parts = middle.split(separator: "e")
            let exponent = parts.count == 2 ? Int(parts[1]) ?? 0 : 0
            Self.expectNearest("\(parts[0])01e\(exponent - 2)")
            let digits = parts[0].dropLast()
            if parts[0].last == "5" { Self.expectNearest("\(digits)49e\(exponent - 1)") }
        }
    }

    @Test
    func `halfway cases of few digits`() {
        for exponent in 0..<64 {
            let base = UInt64(1) << UInt64(exponent)
            for offset: UInt64 in [0, 1, 2, 3] {
                Self.expectNearest("\(base &+ offset)")
                Self.expectNearest("\(base &+ offset).5")
            }
        }
        for text in ["9007199254740993", "9007199254740992.5", "18014398509481988", "1e23"] {
            Self.expectNearest(text)
        }
    }

    @Test(arguments: [
        "0", "-0", "-0.0", "0e999", "0e-99999999999999999999", "4.9e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324", "2.2250738585072011e-308", "2.2250738585072014e-308",
        "1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308", "1e308",
        "1e309", "1e-400", "-1e999", "123456789012345678901234567890", "0.1e1", "1E+5",
        "9223372036854775807", "18446744073709551615", "18446744073709551616",
        "10000000000000000000", "9999999999999999999", "99999999999999999999",
        "8.41e21", "2.5e-22", "6.8985865317742005e180", "1.00000000000000011102230246251565",
        "1e99999999999999999999", "1e-99999999999999999999",
    ])
    func `known hard numbers`(_ text: String) {
        Self.expectNearest(text)
    }

    @Test
    func `thousands of digits and zeros`() {
        let nines = String(repeating: "9", count: 5_000)
        let zeros = String(repeating: "0", count: 5_000)
        Self.expectNearest("0.\(nines)")
        Self.expectNearest("\(nines)e-4999")
        Self.expectNearest("0.\(zeros)1e5000")
        Self.expectNearest("1\(zeros)e-5000")
        Self.expectNearest("1\(zeros).\(zeros)e-5001")
        Self.expectNearest("9007199254740993.\(zeros)")
        Self.expectNearest("9007199254740993.\(zeros)1")
    }

    @Test(arguments: [
        "", "-", "+1", "01", "-01", "1.", ".5", "1e", "1e+", "1.e1", "0x1", "1 2", "--1", "1..2",
        "1e5.5", "nan", "inf", "Inf", "-NaN", "NaNs", "-Infinit", "1_000", "١", "e5", "1f", "00",
    ])
    func `refuses what JSON has no number for`(_ text: String) {
        #expect(Self.parse(text) == nil)
    }

    @Test
    func `takes the bare literals that Python writes`() {
        #expect(Self.parse("NaN")?.isNaN == true)
        #expect(Self.parse("Infinity") == .infinity)
        #expect(Self.parse("-Infinity") == -.infinity)
    }

    /// The decimal expansion of the middle between a double and the next one, all its digits.
    private static func exactMiddle(above number: Double) -> String {
        let field = Int(number.bitPattern >> 52)
        let fraction = number.bitPattern & (1 << 52 - 1)
        let significand = 2 * (field == 0 ? fraction : fraction | 1 << 52) + 1
        var exponent = max(field, 1) - 1_076
        // Digits to the base 10, the lowest first, doubled or halved one binary place at a time.
        var digits = String(significand).reversed().map { Int($0.wholeNumberValue ?? 0) }
        var decimals = 0
        while exponent > 0 {
            multiply(&digits, by: 2)
            exponent -= 1
        }
        while exponent < 0 {
            multiply(&digits, by: 5)
            decimals += 1
            exponent += 1
        }
        let text = String(digits.reversed().map { Character(String($0)) })
        return decimals == 0 ? text : "\(text)e-\(decimals)"
    }

    private static func multiply(_ digits: inout [Int], by factor: Int) {
        var carry = 0
        for index in digits.indices {
            carry += digits[index] * factor
            digits[index] = carry % 10
            carry /= 10
        }
        if carry > 0 { digits.append(carry) }
    }
}
