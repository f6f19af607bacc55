// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Splits CSV into rows of fields, as bytes arrive.
///
/// RFC 4180, read as its writers take it: rows end with LF, CRLF or CR, the last one with or
/// without; a field in quotes may hold commas, line ends and doubled quotes; a quote inside an
/// unquoted field is an ordinary character; a blank line is no row (a lone empty field is written
/// as `""`). Knows nothing of headers and kinds: `TableReader` does.
package struct CSVReader: Sendable {
    /// The fields of one row, unquoted.
    package struct Row: Sendable, Equatable {
        /// The line on which the row begins, from 1.
        package let line: Int
        /// Their texts.
        package let fields: [String]
    }

    private enum State {
        /// Before the first byte of a field.
        case fieldStart
        case unquoted
        case quoted
        /// After a quote within quotes: the field's end, or half of a doubled quote.
        case quote
    }

    private let limit: Int
    private var state = State.fieldStart
    private var fields: [String] = []
    private var field: [UInt8] = []
    private var rowBytes = 0
    private var line = 1
    private var rowLine = 1
    private var quoteLine = 1
    /// The last byte was a CR: an LF now belongs to it.
    private var afterCarriageReturn = false

    /// Makes a reader at the start of a file.
    ///
    /// - Parameter limit: The longest row in bytes, line ends within quotes included.
    package init(limit: Int) {
        self.limit = limit
    }

    /// Takes the next bytes of the file and appends the rows that end in them.
    ///
    /// - Throws: `textAfterQuote`, `rowTooLong`, `invalidUTF8`; the reader is of no use afterwards.
    /// - Complexity: O(bytes).
    package mutating func read(_ bytes: Span<UInt8>, into rows: inout [Row]) throws(TableError) {
        for index in bytes.indices {
            let byte = bytes[index]
            if afterCarriageReturn {
                afterCarriageReturn = false
                if byte == UInt8(ascii: "\n") {
                    if state == .quoted { field.append(byte) }
                    continue
                }
            }
            try take(byte, into: &rows)
        }
    }

    /// Ends the file: a last row without a line end is a row like any other.
    ///
    /// - Throws: `unterminatedQuote`, `invalidUTF8`.
    package mutating func finish(into rows: inout [Row]) throws(TableError) {
        if state == .quoted { throw .unterminatedQuote(line: quoteLine) }
        try endRow(into: &rows)
    }

    private mutating func take(_ byte: UInt8, into rows: inout [Row]) throws(TableError) {
        let endsLine = byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
        afterCarriageReturn = byte == UInt8(ascii: "\r")
        if endsLine { line += 1 }
        rowBytes += 1
        if rowBytes > limit { throw .rowTooLong(line: rowLine, limit: limit) }
        switch (state, byte) {
        case (.quoted, UInt8(ascii: "\"")):
            state = .quote
        case (.quoted, _):
            field.append(byte)
        case (.fieldStart, UInt8(ascii: "\"")):
            quoteLine = line
            state = .quoted
        case (.quote, UInt8(ascii: "\"")):
            field.append(byte)
            state = .quoted
        case (_, UInt8(ascii: ",")):
            try endField()
        case _ where endsLine:
            try endRow(into: &rows)
        case (.quote, _):
            throw .textAfterQuote(line: line)
        case (.fieldStart, _), (.unquoted, _):
            field.append(byte)
            state = .unquoted
        }
    }

    private mutating func endField() throws(TableError) {
        guard let text = String(validating: field, as: UTF8.self) else {
            throw .invalidUTF8(line: rowLine)
        }
        fields.append(text)
        field.removeAll(keepingCapacity: true)
        state = .fieldStart
    }

    private mutating func endRow(into rows: inout [Row]) throws(TableError) {
        let isBlank = fields.isEmpty && state == .fieldStart
        if !isBlank {
            try endField()
            rows.append(Row(line: rowLine, fields: fields))
            fields.removeAll(keepingCapacity: true)
        }
        rowLine = line
        rowBytes = 0
    }
}
