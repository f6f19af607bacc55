// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// A natural number of any size, with the few operations that exact decimals need.
struct BigNatural: Sendable, Equatable {
    /// The digits to the base 2^64, the lowest first, without leading zeros; empty for 0.
    private(set) var words: [UInt64]

    init(_ value: UInt64) {
        words = value == 0 ? [] : [value]
    }

    /// Multiplies by a word and adds one.
    mutating func multiply(by factor: UInt64, adding addend: UInt64 = 0) {
        var carry = addend
        for index in words.indices {
            let (high, low) = words[index].multipliedFullWidth(by: factor)
            let (sum, carries) = low.addingReportingOverflow(carry)
            words[index] = sum
            // high ≤ 2^64 − 2, so there is room for the carry.
            carry = high + (carries ? 1 : 0)
        }
        if carry != 0 { words.append(carry) }
        removeLeadingZeros()
    }

    /// Multiplies by a power of ten.
    mutating func multiply(byPowerOfTen exponent: Int) {
        var left = exponent
        while left >= 19 {
            multiply(by: 10_000_000_000_000_000_000)
            left -= 19
        }
        while left > 0 {
            multiply(by: 10)
            left -= 1
        }
    }

    /// Divides by a word and forgets the remainder; the divisor is not 0.
    mutating func divide(by divisor: UInt64) {
        var remainder: UInt64 = 0
        for index in words.indices.reversed() {
            // The remainder is below the divisor, so the quotient fits a word.
            (words[index], remainder) = divisor.dividingFullWidth((remainder, words[index]))
        }
        removeLeadingZeros()
    }

    /// Multiplies by a power of two.
    mutating func shiftLeft(by count: Int) {
        guard !words.isEmpty else { return }
        multiply(by: 1 << UInt64(count % 64))
        words.insert(contentsOf: repeatElement(0, count: count / 64), at: 0)
    }

    private mutating func removeLeadingZeros() {
        while words.last == 0 { words.removeLast() }
    }
}

extension BigNatural: Comparable {
    static func < (left: BigNatural, right: BigNatural) -> Bool {
        guard left.words.count == right.words.count else {
            return left.words.count < right.words.count
        }
        for index in left.words.indices.reversed() where left.words[index] != right.words[index] {
            return left.words[index] < right.words[index]
        }
        return false
    }
}
