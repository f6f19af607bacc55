// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Strings: found by eight bytes at a time, decoded only if they have escapes.
extension JSONCursor {
    /// Reads a key and its colon; `nextMember()` has found its opening quote.
    @inline(__always)
    mutating func readKey() throws(ScanFault) {
        try readText()
        skipBlanks()
        guard byte == UInt8(ascii: ":") else { throw malformed(.colon) }
        finishKey(at: offset &+ 1)
    }

    /// Reads a string, whose opening quote comes next, as the current text.
    @inline(__always)
    mutating func readText() throws(ScanFault) {
        let start = offset &+ 1
        var place = start
        while let word = bytes.word(at: place) {
            let special = markOfSpecialBytes(in: word)
            if special == 0 {
                place &+= 8
                continue
            }
            place &+= special.trailingZeroBitCount >> 3
            if bytes[place] == UInt8(ascii: "\"") {
                textRange = start..<place
                isTextDecoded = false
                return finishValue(at: place &+ 1)
            }
            break
        }
        try readTextSlowly(from: start, goingOnAt: place)
    }

    /// Reads a string byte by byte: at the end of the bytes, with escapes or beyond ASCII.
    ///
    /// - Parameters:
    ///   - start: The first byte of the text.
    ///   - place: The first byte that was not looked at.
    /// - Throws: `ScanFault`.
    @inline(never)
    private mutating func readTextSlowly(
        from start: Int,
        goingOnAt place: Int
    ) throws(ScanFault) {
        var place = place
        var copied = start
        isTextDecoded = false
        while true {
            switch bytes[place] {
            case UInt8(ascii: "\""):
                textRange = start..<place
                if isTextDecoded { decode(copied..<place) }
                return finishValue(at: place &+ 1)
            case UInt8(ascii: "\\"):
                if !isTextDecoded { decoded.removeAll(keepingCapacity: true) }
                isTextDecoded = true
                decode(copied..<place)
                place = try decodeEscape(at: place)
                copied = place
            case 0..<0x20: throw malformed(.stringByte, at: place)
            case 0x20..<0x80: place &+= 1
            default: place = try endOfScalar(at: place)
            }
        }
    }

    private mutating func decode(_ range: Range<Int>) {
        bytes.append(range, to: &decoded)
    }

    /// Decodes the escape that begins at `place`.
    ///
    /// - Returns: Where the text goes on.
    private mutating func decodeEscape(at place: Int) throws(ScanFault) -> Int {
        let byte: UInt8
        switch bytes[place + 1] {
        case UInt8(ascii: "u"): return try decodeUnicodeEscape(at: place)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): byte = bytes[place + 1]
        case UInt8(ascii: "b"): byte = 0x08
        case UInt8(ascii: "f"): byte = 0x0C
        case UInt8(ascii: "n"): byte = 0x0A
        case UInt8(ascii: "r"): byte = 0x0D
        case UInt8(ascii: "t"): byte = 0x09
        default: throw malformed(.escape, at: place + 1)
        }
        decoded.append(byte)
        return place + 2
    }

    /// Decodes `\uXXXX`, or two of them that make a surrogate pair.
    ///
    /// Half a pair is refused, as it has no UTF-8.
    private mutating func decodeUnicodeEscape(at place: Int) throws(ScanFault) -> Int {
        let unit = try codeUnit(at: place + 2)
        switch unit {
        case 0xD800..<0xDC00:
            guard bytes[place + 6] == UInt8(ascii: "\\"), bytes[place + 7] == UInt8(ascii: "u")
            else { throw malformed(.lowSurrogate, at: place + 6) }
            let low = try codeUnit(at: place + 8)
            guard 0xDC00..<0xE000 ~= low else { throw malformed(.lowSurrogate, at: place + 6) }
            append(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
            return place + 12
        case 0xDC00..<0xE000: throw malformed(.highSurrogate, at: place)
        default:
            append(unit)
            return place + 6
        }
    }

    private func codeUnit(at place: Int) throws(ScanFault) -> UInt32 {
        var unit: UInt32 = 0
        for place in place..<place + 4 {
            let digit: UInt8
            switch bytes[place] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = bytes[place] - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"):
                digit = bytes[place] - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"):
                digit = bytes[place] - UInt8(ascii: "A") + 10
            default: throw malformed(.hexadecimalDigit, at: place)
            }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }

    /// Appends a code point, which is no surrogate, as UTF-8.
    private mutating func append(_ scalar: UInt32) {
        func tail(_ shift: UInt32) -> UInt8 { 0x80 | UInt8(scalar >> shift & 0x3F) }
        switch scalar {
        case 0..<0x80: decoded.append(UInt8(scalar))
        case 0x80..<0x800:
            decoded.append(0xC0 | UInt8(scalar >> 6))
            decoded.append(tail(0))
        case 0x800..<0x1_0000:
            decoded.append(0xE0 | UInt8(scalar >> 12))
            decoded.append(tail(6))
            decoded.append(tail(0))
        default:
            decoded.append(0xF0 | UInt8(scalar >> 18 & 0x07))
            decoded.append(tail(12))
            decoded.append(tail(6))
            decoded.append(tail(0))
        }
    }

    /// Checks the UTF-8 sequence that begins at `place`.
    ///
    /// The ranges are those of Unicode 15, table 3-7: no overlong form, no surrogate, nothing above
    /// U+10FFFF.
    /// - Returns: Where the next one begins.
    private func endOfScalar(at place: Int) throws(ScanFault) -> Int {
        let second: ClosedRange<UInt8>
        let length: Int
        switch bytes[place] {
        case 0xC2...0xDF: (second, length) = (0x80...0xBF, 2)
        case 0xE0: (second, length) = (0xA0...0xBF, 3)
        case 0xE1...0xEC, 0xEE...0xEF: (second, length) = (0x80...0xBF, 3)
        case 0xED: (second, length) = (0x80...0x9F, 3)
        case 0xF0: (second, length) = (0x90...0xBF, 4)
        case 0xF1...0xF3: (second, length) = (0x80...0xBF, 4)
        case 0xF4: (second, length) = (0x80...0x8F, 4)
        default: throw fault(.invalidUTF8, .utf8, at: place)
        }
        guard second ~= bytes[place + 1] else { throw fault(.invalidUTF8, .utf8, at: place + 1) }
        for place in place + 2..<max(place + length, place + 2)
        where bytes[place] & 0xC0 != 0x80 {
            throw fault(.invalidUTF8, .utf8, at: place)
        }
        return place + length
    }
}

/// Marks the quotes, backslashes, control characters and bytes beyond ASCII of a word by their
/// highest bit.
///
/// Marks above the lowest one may be false, through the borrow of the subtractions; the lowest one
/// is true.
@inline(__always)
private func markOfSpecialBytes(in word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highBits = ones &* 0x80
    let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
    let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
    let marks =
        ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)
        | ((word &- ones &* 0x20) & ~word) | word
    return marks & highBits
}
