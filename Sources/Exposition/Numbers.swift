// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

extension [UInt8] {
    /// Appends a number as both formats write it.
    ///
    /// Whole numbers below 2⁵³ in magnitude are plain digits (-0 is `0`), what is not finite is
    /// `NaN`, `+Inf` or `-Inf`, everything else is the shortest text that reads back to the same
    /// double, as in `0.1` and `1e-05`.
    mutating func appendNumber(_ number: Double) {
        if let whole = Int64(exactly: number), whole.magnitude < 1 << 53 {
            if whole < 0 { append(UInt8(ascii: "-")) }
            appendNumber(UInt64(whole.magnitude))
        } else if number.isFinite {
            append(contentsOf: number.description.utf8)
        } else if number.isNaN {
            append(contentsOf: "NaN".utf8)
        } else {
            append(contentsOf: number > 0 ? "+Inf".utf8 : "-Inf".utf8)
        }
    }

    /// Appends the decimal digits of a count.
    mutating func appendNumber(_ number: UInt64) {
        let start = count
        var rest = number
        repeat {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            append(UInt8(ascii: "0") + UInt8(digit))
            rest = quotient
        } while rest != 0
        self[start...].reverse()
    }
}
