// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// A decimal number of more digits than a word holds.
struct LongDecimal: Sendable {
    /// Digits kept: the exact middle between two doubles has at most 767 (that of the two smallest
    /// normal ones), so more can only say "and a bit".
    private static let mostDigits = 800

    /// The significant digits, each 0 to 9, the first not 0; the number is digits · 10^exponent.
    private var digits: [UInt8] = []
    private var exponent: Int

    /// Takes the digits of a valid JSON number; its sign is left out.
    init(_ spelling: Span<UInt8>, lastDigitExponent: Int) {
        exponent = lastDigitExponent
        var hasMore = false
        for index in spelling.indices {
            if spelling[index] | 0x20 == UInt8(ascii: "e") { break }
            let digit = spelling[index] &- UInt8(ascii: "0")
            guard digit <= 9, digit != 0 || !digits.isEmpty else { continue }
            if digits.count < Self.mostDigits {
                digits.append(digit)
            } else {
                exponent += 1
                hasMore = hasMore || digit != 0
            }
        }
        if hasMore {
            // A last digit that stands for all that was left out, and makes no tie.
            digits.append(1)
            exponent -= 1
        }
    }

    /// The nearest double, ties to even.
    func nearestDouble() -> Double {
        var leading: UInt64 = 0
        for digit in digits.prefix(19) { leading = leading * 10 + UInt64(digit) }
        let left = max(digits.count - 19, 0)
        let below = NearestDouble.ofProduct(leading, exponent: exponent + left)
        guard left > 0 else { return below }
        // The number lies between the leading digits and their successor, whose nearest doubles
        // are equal or neighbours: a relative distance of 10^-18 is less than half of 2^-53.
        let above = NearestDouble.ofProduct(leading + 1, exponent: exponent + left)
        return below == above || isBelowMiddle(after: below) ? below : above
    }

    /// Whether the number rounds down to `double` and not up to the next one.
    private func isBelowMiddle(after double: Double) -> Bool {
        // The middle is (2·s + 1) · 2^(e − 1) for the double s · 2^e.
        let field = Int(double.bitPattern >> 52)
        let fraction = double.bitPattern & (1 << 52 - 1)
        let significand = field == 0 ? fraction : fraction | 1 << 52
        var middle = BigNatural(2 * significand + 1)
        let binary = max(field, 1) - 1_075 - 1
        var number = BigNatural(0)
        for digit in digits { number.multiply(by: 10, adding: UInt64(digit)) }
        // Both sides are multiplied by what makes them whole.
        if exponent > 0 { number.multiply(byPowerOfTen: exponent) }
        if exponent < 0 { middle.multiply(byPowerOfTen: -exponent) }
        if binary > 0 { middle.shiftLeft(by: binary) }
        if binary < 0 { number.shiftLeft(by: -binary) }
        if number == middle { return significand & 1 == 0 }
        return number < middle
    }
}
