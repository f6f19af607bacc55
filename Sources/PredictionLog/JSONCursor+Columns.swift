// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Values of a record's columns, read without making a `String`.
extension JSONCursor {
    /// A number that a numeric column cannot have, until it is counted: a NaN of its own.
    static let invalidNumber = Double(nan: 0xBAD, signaling: false)
    /// A cell that no categorical column has, for a value that is none, until it is counted.
    static let invalidCell = UInt16.max

    /// Whether a number is `invalidNumber` and not any other NaN.
    static func isInvalid(_ number: Double) -> Bool {
        number.bitPattern == invalidNumber.bitPattern
    }

    /// Reads the value of a numeric column.
    ///
    /// - Returns: The number; NaN for null and NaN; `invalidNumber` for anything that is no number
    ///   or beyond the range of a double.
    @inline(__always)
    mutating func readColumnNumber() throws(ScanFault) -> Double {
        skipBlanks()
        let start = offset
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            let value = try readNumber()
            if value.isFinite || bytes[start &+ 1] == UInt8(ascii: "I") { return value }
            hasInvalidValue = true
            return Self.invalidNumber
        case UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "["):
            try skipValue()
            hasInvalidValue = true
            return Self.invalidNumber
        default: return try readLiteral().value
        }
    }

    /// Reads the value of a categorical column.
    ///
    /// - Parameters:
    ///   - tables: Where the column's categories are.
    ///   - table: Their table.
    ///   - categoryCount: Their number *c*.
    /// - Returns: The category's position, *c* for an unseen one, *c* + 1 for null and NaN;
    ///   `invalidCell` for an array, an object, or a number beyond the range of a double.
    /// - Throws: `ScanFault`.
    @inline(__always)
    mutating func readColumnCell(
        _ tables: borrowing TextTables,
        table: Int,
        categoryCount: UInt16
    ) throws(ScanFault) -> UInt16 {
        skipBlanks()
        guard byte == UInt8(ascii: "\"") else {
            return try readOddCell(tables, table: table, categoryCount: categoryCount)
        }
        try readText()
        return findText(in: tables, table: table).map(UInt16.init) ?? categoryCount
    }

    /// Reads the value of a categorical column that is no string.
    @inline(never)
    private mutating func readOddCell(
        _ tables: borrowing TextTables,
        table: Int,
        categoryCount: UInt16
    ) throws(ScanFault) -> UInt16 {
        let start = offset
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            try skipValue()
            hasInvalidValue = true
            return Self.invalidCell
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            let value = try readNumber()
            guard value.isFinite || bytes[start + 1] == UInt8(ascii: "I") else {
                hasInvalidValue = true
                return Self.invalidCell
            }
            setNumberText(value, spelling: start..<offset)
        default:
            let literal = try readLiteral()
            if literal.value.isNaN { return categoryCount + 1 }
            setNumberText(literal.value, spelling: 0..<0)
        }
        return findText(in: tables, table: table).map(UInt16.init) ?? categoryCount
    }

    /// Makes a number's canonical text the current text.
    ///
    /// A whole number is canonical already; nothing is made of it.
    mutating func setNumberText(_ number: Double, spelling: Range<Int>) {
        if bytes.withSpan(of: spelling, isCanonicalInteger) {
            textRange = spelling
            isTextDecoded = false
        } else {
            decoded.removeAll(keepingCapacity: true)
            decoded.append(contentsOf: canonicalText(of: number).utf8)
            isTextDecoded = true
        }
    }

    /// The position of the current text in a table.
    @inline(__always)
    func findText(in tables: borrowing TextTables, table: Int) -> Int? {
        withText { text in tables.find(text, in: table) }
    }

    /// Lends the bytes of the current text to `body`.
    @inline(__always)
    func withText<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        isTextDecoded ? body(decoded.span) : bytes.withSpan(of: textRange, body)
    }

    /// Moves past the next value if it is spelt exactly so, and ends there.
    @inline(__always)
    mutating func skip(_ spelling: [UInt8]) -> Bool {
        for index in spelling.indices where bytes[offset &+ index] != spelling[index] {
            return false
        }
        let end = offset &+ spelling.count
        switch bytes[end] {
        case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: " "):
            finishValue(at: end)
            return true
        default: return false
        }
    }
}
