// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Values for callers of other modules, who may pay for a `String`.
extension JSONCursor {
    /// The kind of a value, told by its first byte.
    package enum Kind: Sendable, Equatable {
        case object, array, string, number, boolean, null
    }

    /// The kind of the value that comes next, which is not read.
    ///
    /// A bare NaN or infinity is a number. A right first byte does not make a right value: reading
    /// it may still throw.
    package mutating func kind() throws(ScanFault) -> Kind {
        skipBlanks()
        switch byte {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "N"),
            UInt8(ascii: "I"):
            return .number
        default: throw malformed(.value)
        }
    }

    /// The next key of the object, or `nil` at its end, which is left behind.
    package mutating func nextKey() throws(ScanFault) -> String? {
        guard try nextMember() else { return nil }
        try readKey()
        return text
    }

    /// Reads a string.
    package mutating func string() throws(ScanFault) -> String {
        skipBlanks()
        guard byte == UInt8(ascii: "\"") else { throw malformed(.string) }
        try readText()
        return text
    }

    /// Reads a number, a bare NaN or infinity among them, to the nearest double.
    ///
    /// - Throws: `ScanFault`, also for a number beyond the range of a double, as 1e999.
    package mutating func double() throws(ScanFault) -> Double {
        skipBlanks()
        let start = offset
        guard case .number = try kind() else { throw malformed(.number) }
        switch byte {
        case UInt8(ascii: "N"), UInt8(ascii: "I"): return try readLiteral().value
        default:
            let value = try readNumber()
            let isSpelt = bytes[start] == UInt8(ascii: "-") && bytes[start + 1] == UInt8(ascii: "I")
            guard value.isFinite || isSpelt else { throw malformed(.finiteNumber, at: start) }
            return value
        }
    }

    /// Reads a number and how it was written.
    ///
    /// - Returns: The nearest double, infinite for one beyond a double's range, and the spelling.
    package mutating func spelledNumber() throws(ScanFault) -> (value: Double, text: String) {
        skipBlanks()
        let start = offset
        guard case .number = try kind() else { throw malformed(.number) }
        let value: Double
        switch byte {
        case UInt8(ascii: "N"), UInt8(ascii: "I"): value = try readLiteral().value
        default: value = try readNumber()
        }
        return (value, bytes.string(of: start..<offset))
    }

    /// Reads a whole number, spelt without fraction or exponent.
    ///
    /// - Throws: `ScanFault`, also for a number beyond the range of an `Int`.
    package mutating func integer() throws(ScanFault) -> Int {
        skipBlanks()
        let start = offset
        let spelling = try spelledNumber().text
        guard let value = Int(spelling) else { throw malformed(.integer, at: start) }
        return value
    }

    /// Reads `true` or `false`.
    package mutating func boolean() throws(ScanFault) -> Bool {
        skipBlanks()
        guard case .boolean = try kind() else { throw malformed(.boolean) }
        return try readLiteral() == .true
    }

    /// Reads `null` if that comes next.
    ///
    /// - Returns: Whether it did; otherwise the value that comes next is still to be read.
    package mutating func null() throws(ScanFault) -> Bool {
        skipBlanks()
        guard byte == UInt8(ascii: "n") else { return false }
        _ = try readLiteral()
        return true
    }

    /// The text of the key or string read last, as a `String`.
    var text: String {
        if isTextDecoded { return String(decoding: decoded, as: UTF8.self) }
        return bytes.string(of: textRange)
    }
}
