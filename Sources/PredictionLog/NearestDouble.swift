// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// From decimal to binary: always the nearest double, ties to even.
///
/// Three ways, from fast to slow. Up to 2^53 and 10^22 both factors are doubles, and one rounding
/// is all there is (W. D. Clinger, "How to read floating point numbers accurately", PLDI 1990).
/// Up to 19 digits a product with 128 bits of a power of five decides (D. Lemire, "Number parsing
/// at a gigabyte per second", Software: Practice and Experience 51, 2021, algorithm 1; that it
/// always decides: N. Mushtak, D. Lemire, "Fast number parsing without fallback", 2023). Beyond,
/// the two nearest candidates are compared exactly.
enum NearestDouble {
    private static let exactPowers: InlineArray<23, Double> = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]

    /// The double nearest to `mantissa · 10^exponent`; infinite beyond the range.
    @inline(__always)
    static func of(_ mantissa: UInt64, exponent: Int) -> Double {
        if mantissa <= 1 << 53 {
            if exponent == 0 { return Double(mantissa) }
            if exponent < 0, exponent >= -22 {
                return Double(mantissa) / exactPowers[0 &- exponent]
            }
            if exponent > 0, exponent <= 22 { return Double(mantissa) * exactPowers[exponent] }
        }
        return ofProduct(mantissa, exponent: exponent)
    }

    /// The double nearest to `mantissa · 10^exponent`, by a product with a power of five.
    @inline(never)
    static func ofProduct(_ mantissa: UInt64, exponent: Int) -> Double {
        // Below and above these even the largest and the smallest mantissa make 0 and infinity.
        guard mantissa != 0, exponent >= PowersOfFive.exponents.lowerBound else { return 0 }
        guard exponent <= PowersOfFive.exponents.upperBound else { return .infinity }
        let power = PowersOfFive.table[exponent - PowersOfFive.exponents.lowerBound]
        let leadingZeros = mantissa.leadingZeroBitCount
        let normalised = mantissa << UInt64(leadingZeros)
        var (high, low) = normalised.multipliedFullWidth(by: power.high)
        if high & 0x1FF == 0x1FF {
            // The lower half of the power may carry into the bits that decide.
            let (sum, carries) = low.addingReportingOverflow(
                normalised.multipliedFullWidth(by: power.low).high
            )
            low = sum
            if carries { high += 1 }
        }
        // The product is below 2^128, and its top bit tells which of two widths it has.
        let topBit = Int(high >> 63)
        let shift = UInt64(topBit + 9)
        var significand = high >> shift
        // ⌊log2(10^exponent)⌋ + 63 by a fixed-point multiplication, exact in the table's range.
        let biased = (217_706 * exponent) >> 16 + 63 + topBit - leadingZeros + 1_023
        if biased <= 0 { return subnormal(significand, shiftedBy: 1 - biased) }
        if low <= 1, -4...23 ~= exponent, significand & 3 == 1, significand << shift == high {
            // Exactly between two doubles, the lower of which is even.
            significand &= ~1
        }
        significand = (significand + significand & 1) >> 1
        let carries = significand >> 53
        let exponentField = UInt64(biased) + carries
        guard exponentField < 0x7FF else { return .infinity }
        let fraction = carries == 0 ? significand & (1 << 52 - 1) : 0
        return Double(bitPattern: exponentField << 52 | fraction)
    }

    private static func subnormal(_ significand: UInt64, shiftedBy shift: Int) -> Double {
        guard shift < 64 else { return 0 }
        let shifted = significand >> UInt64(shift)
        // Rounding up to the smallest normal number sets its exponent by itself.
        return Double(bitPattern: (shifted + shifted & 1) >> 1)
    }

    /// The double nearest to a JSON number of any length.
    ///
    /// - Parameters:
    ///   - spelling: A valid JSON number.
    ///   - lastDigitExponent: The power of ten of the last digit before any `e`.
    /// - Returns: The nearest double; infinite beyond the range.
    /// - Complexity: O(digits) and, if the first 19 do not decide, O(min(digits, 800)²).
    static func of(_ spelling: Span<UInt8>, lastDigitExponent: Int) -> Double {
        let number = LongDecimal(spelling, lastDigitExponent: lastDigitExponent)
        let magnitude = number.nearestDouble()
        return spelling[0] == UInt8(ascii: "-") ? -magnitude : magnitude
    }
}
