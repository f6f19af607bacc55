// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The 128 leading bits of the powers of five, as decimal numbers need them.
///
/// Computed once, when the first number needs one, and not written down: 1,302 constants prove
/// nothing, and these few lines do. Positive powers are exact products. A negative one is
/// ⌊2^k / 5^n⌋, and as ⌊⌊x / a⌋ / b⌋ = ⌊x / (a·b)⌋, it comes of dividing 2^k by five n times,
/// exactly; 2^1088 leaves more than 128 bits of it even at 5^342 < 2^795.
enum PowersOfFive {
    /// The leading bits of a power of five: a number in [2^127, 2^128).
    struct Power: Sendable, Equatable {
        var high: UInt64
        var low: UInt64
    }

    /// The exponents in the table: below and above, a number of 19 digits is 0 or infinite.
    static let exponents = -342...308

    /// The powers in the order of `exponents`, cut off below 128 bits.
    ///
    /// From 5^-27 to 5^-1 they are rounded up instead: there a product may lie exactly on a tie,
    /// and must not fall below it (Lemire 2021, section 6).
    static let table: [Power] = {
        var powers: [Power] = []
        powers.reserveCapacity(exponents.count)
        var quotient = BigNatural(1)
        quotient.shiftLeft(by: 1_088)
        for exponent in 1...342 {
            quotient.divide(by: 5)
            var power = quotient.leadingBits
            if exponent <= 27 {
                let (low, carries) = power.low.addingReportingOverflow(1)
                power = Power(high: power.high + (carries ? 1 : 0), low: low)
            }
            powers.append(power)
        }
        powers.reverse()
        var product = BigNatural(1)
        powers.append(product.leadingBits)
        for _ in 1...308 {
            product.multiply(by: 5)
            powers.append(product.leadingBits)
        }
        return powers
    }()
}

extension BigNatural {
    /// The 128 highest bits, the top one set, zeros following a smaller number; not for 0.
    fileprivate var leadingBits: PowersOfFive.Power {
        func word(_ index: Int) -> UInt64 {
            index < words.count ? words[words.count - 1 - index] : 0
        }
        let shift = UInt64(word(0).leadingZeroBitCount)
        // A shift by all 64 bits gives 0, as it should.
        return PowersOfFive.Power(
            high: word(0) << shift | word(1) >> (64 - shift),
            low: word(1) << shift | word(2) >> (64 - shift)
        )
    }
}
