// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Numbers and the literals.
extension JSONCursor {
    /// A literal that is not a number or a string.
    enum Literal: Sendable, Equatable {
        case `true`, `false`, null, nan, infinity

        /// The literal as a number; null is NaN.
        var value: Double {
            switch self {
            case .true: 1
            case .false: 0
            case .null, .nan: .nan
            case .infinity: .infinity
            }
        }
    }

    /// Reads the number that comes next: a minus sign or a digit was seen.
    ///
    /// - Returns: The nearest double; infinite if it is spelt `-Infinity` or beyond the range.
    @inline(__always)
    mutating func readNumber() throws(ScanFault) -> Double {
        var place = offset
        let isNegative = byte == UInt8(ascii: "-")
        if isNegative { place &+= 1 }
        let whole = place
        var mantissa: UInt64 = 0
        readDigits(&place, into: &mantissa)
        // A number has digits, and a leading zero stands alone.
        if place &- whole != 1, bytes[whole] == UInt8(ascii: "0") || place == whole {
            return try readOddNumber(at: whole)
        }
        var exponent = 0
        var digitCount = place &- whole
        if bytes[place] == UInt8(ascii: ".") {
            let fraction = place &+ 1
            place = fraction
            readDigits(&place, into: &mantissa)
            exponent = fraction &- place
            guard exponent < 0 else { throw malformed(.digit, at: place) }
            digitCount &-= exponent
        }
        if bytes[place] | 0x20 == UInt8(ascii: "e") {
            exponent &+= try readExponent(&place)
        }
        let start = offset
        finishValue(at: place)
        // 19 digits always fit 64 bits.
        if digitCount > 19 { return decimal(from: start..<place, exponent: exponent) }
        let magnitude = NearestDouble.of(mantissa, exponent: exponent)
        return isNegative ? -magnitude : magnitude
    }

    /// Reads `true`, `false`, `null`, `NaN` or `Infinity`.
    mutating func readLiteral() throws(ScanFault) -> Literal {
        switch byte {
        case UInt8(ascii: "t"): return try read(.true, "true")
        case UInt8(ascii: "f"): return try read(.false, "false")
        case UInt8(ascii: "n"): return try read(.null, "null")
        case UInt8(ascii: "N"): return try read(.nan, "NaN")
        case UInt8(ascii: "I"): return try read(.infinity, "Infinity")
        default: throw malformed(.value)
        }
    }

    private mutating func read(
        _ literal: Literal,
        _ spelling: StaticString
    ) throws(ScanFault) -> Literal {
        finishValue(at: try end(of: spelling, at: offset))
        return literal
    }

    /// Where a literal that begins at `place` ends.
    private func end(of spelling: StaticString, at place: Int) throws(ScanFault) -> Int {
        let mismatch = spelling.withUTF8Buffer { spelling in
            spelling.indices.first { unsafe spelling[$0] != bytes[place + $0] }
        }
        if let mismatch { throw malformed(.literal, at: place + mismatch) }
        return place + spelling.utf8CodeUnitCount
    }

    /// Reads decimal digits, eight at a time: their number is hard to foretell, and so are branches
    /// on it.
    @inline(__always)
    private func readDigits(_ place: inout Int, into mantissa: inout UInt64) {
        while let word = bytes.word(at: place) {
            let digits = LeadingDigits(of: word)
            // Wraps round after 19 digits, when it is not used.
            mantissa = mantissa &* LeadingDigits.powersOfTen[digits.count] &+ digits.value
            place &+= digits.count
            if digits.count < 8 { return }
        }
        while case let digit = bytes[place] &- UInt8(ascii: "0"), digit <= 9 {
            mantissa = mantissa &* 10 &+ UInt64(digit)
            place &+= 1
        }
    }

    /// Reads what follows a minus sign and is no digit, or refuses a leading zero.
    @inline(never)
    private mutating func readOddNumber(at whole: Int) throws(ScanFault) -> Double {
        guard bytes[whole] != UInt8(ascii: "0") else {
            throw malformed(.commaOrBrace, at: whole + 1)
        }
        guard bytes[whole] == UInt8(ascii: "I") else { throw malformed(.digit, at: whole) }
        finishValue(at: try end(of: "Infinity", at: whole))
        return -.infinity
    }

    /// Reads an exponent; `place` is at the `e`.
    ///
    /// - Returns: Its value, cut off where every number is 0 or infinite anyway: no line has enough
    ///   digits to make up for it.
    private func readExponent(_ place: inout Int) throws(ScanFault) -> Int {
        place &+= 1
        let isNegative = bytes[place] == UInt8(ascii: "-")
        if isNegative || bytes[place] == UInt8(ascii: "+") { place &+= 1 }
        let start = place
        var exponent = 0
        while case let digit = bytes[place] &- UInt8(ascii: "0"), digit <= 9 {
            exponent = min(exponent * 10 + Int(digit), 1 << 40)
            place &+= 1
        }
        guard place > start else { throw malformed(.digit, at: place) }
        return isNegative ? -exponent : exponent
    }

    /// The nearest double of a number with more digits than a word holds.
    ///
    /// - Parameters:
    ///   - range: The number's bytes, a valid number.
    ///   - exponent: The power of ten of its last digit.
    /// - Returns: The nearest double; infinite beyond the range.
    @inline(never)
    private func decimal(from range: Range<Int>, exponent: Int) -> Double {
        bytes.withSpan(of: range) { spelling in
            NearestDouble.of(spelling, lastDigitExponent: exponent)
        }
    }
}

/// The decimal digits at the start of eight bytes, read without a branch.
private struct LeadingDigits {
    static let powersOfTen: InlineArray<9, UInt64> = [
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000,
    ]

    /// How many there are, 0 to 8.
    let count: Int
    /// The number that they spell; 0 for none.
    let value: UInt64

    /// Reads eight bytes, the first one lowest.
    @inline(__always)
    init(of word: UInt64) {
        let ones: UInt64 = 0x0101_0101_0101_0101
        // '0'…'9' become 0…9; the high bits mark the bytes that do not, those above the first
        // perhaps wrongly.
        let digits = word ^ (ones &* 0x30)
        let others = ((digits &+ ones &* (0x7F - 9)) | digits) & (ones &* 0x80)
        let bits = UInt64(others.trailingZeroBitCount) & ~7
        count = Int(truncatingIfNeeded: bits >> 3)
        // The digits move to the high end, zeros before them; a shift by 64 bits leaves nothing.
        var sum = digits << (64 &- bits)
        // Neighbours are joined to numbers below 100, then below 10^4, then below 10^8.
        sum = (sum &* 10 &+ sum >> 8) & 0x00FF_00FF_00FF_00FF
        sum = (sum &* 100 &+ sum >> 16) & 0x0000_FFFF_0000_FFFF
        value = (sum &* 10_000 &+ sum >> 32) & 0xFFFF_FFFF
    }
}
