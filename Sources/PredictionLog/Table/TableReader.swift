// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Reads a table, CSV or NDJSON, as its bytes arrive: bytes in at any split, rows out.
///
/// The first byte that is not blank tells the formats apart: `{` begins NDJSON, anything else a CSV
/// header. A byte-order mark is skipped. In CSV every row has as many cells as the header; in NDJSON
/// a line is a flat object (`{"temp":1.5}`) or a record with `features`, and columns appear as they
/// are met.
package struct TableReader: Sendable {
    /// How a table is read.
    package struct Options: Sendable, Equatable {
        /// The spellings of a missing cell in CSV.
        package var missing: MissingTokens
        /// The names of the features of a record that gives them as an array, in order.
        package var featureNames: [String]?
        /// The longest row in bytes.
        package var rowLimit: Int

        package init(
            missing: MissingTokens = .standard,
            featureNames: [String]? = nil,
            rowLimit: Int = 1 << 20
        ) {
            self.missing = missing
            self.featureNames = featureNames
            self.rowLimit = rowLimit
        }
    }

    /// The form of a table.
    package enum Format: Sendable, Equatable {
        case csv
        case ndjson
    }

    private enum State {
        /// The bytes so far are blank, or may be half a byte-order mark.
        case undetermined([UInt8])
        case csv(CSVReader, hasHeader: Bool)
        case ndjson(NDJSONRowReader)
        /// Holds the state's place while it is changed.
        case changing
    }

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private let options: Options
    private var state = State.undetermined([])

    /// The columns met so far, in the order of the cells of a row: all of them once a CSV header was
    /// read; in NDJSON they only ever grow.
    package private(set) var columns: [TableColumn] = []

    package init(options: Options = Options()) {
        self.options = options
    }

    /// What the table is; `nil` until its first byte.
    package var format: Format? {
        switch state {
        case .csv: .csv
        case .ndjson: .ndjson
        case .undetermined, .changing: nil
        }
    }

    /// Takes the next bytes and returns the rows that end in them.
    ///
    /// - Throws: `TableError`; the reader is of no use afterwards.
    /// - Complexity: O(bytes).
    package mutating func read(_ bytes: Span<UInt8>) throws(TableError) -> [TableRow] {
        guard case .undetermined(var head) = state else { return try pass(bytes) }
        for index in bytes.indices { head.append(bytes[index]) }
        let mayBeMark = head.count < 3 && Self.byteOrderMark.starts(with: head)
        let start = head.starts(with: Self.byteOrderMark) ? 3 : 0
        let marks = Self.marks(of: head[start...])
        // One bracket may begin a header, or a JSON array.
        let isClear = marks.count == 2 || marks.first.map { $0 != UInt8(ascii: "[") } ?? false
        guard !mayBeMark, isClear else {
            if head.count > options.rowLimit { throw .rowTooLong(line: 1, limit: options.rowLimit) }
            state = .undetermined(head)
            return []
        }
        if marks.elementsEqual("[{".utf8) { throw .jsonArray }
        begin(marks[0] == UInt8(ascii: "{") ? .ndjson : .csv)
        return try pass(Array(head[start...]).span)
    }

    /// Ends the table and returns the row that had no line end, if there is one.
    ///
    /// - Throws: `TableError`, among them `empty` when there was no header and no record.
    package mutating func finish() throws(TableError) -> [TableRow] {
        switch state {
        case .undetermined(let head) where Self.marks(of: head[...]).first == UInt8(ascii: "["):
            // A header of one column, and nothing behind it.
            return []
        case .undetermined(let head) where head.starts(with: [0xEF]):
            // Half a byte-order mark: a header of one strange column, which is no UTF-8.
            throw .invalidUTF8(line: 1)
        case .undetermined, .changing:
            throw .empty
        case .csv(var reader, let hasHeader):
            var rows: [CSVReader.Row] = []
            try reader.finish(into: &rows)
            return try table(rows, hasHeader: hasHeader).rows
        case .ndjson(var reader):
            let rows = try reader.finish()
            columns = reader.columns
            return rows
        }
    }

    /// The first two bytes that are not blank, as far as they are there.
    private static func marks(of head: ArraySlice<UInt8>) -> [UInt8] {
        Array(head.lazy.filter { $0 > UInt8(ascii: " ") }.prefix(2))
    }

    private mutating func begin(_ format: Format) {
        switch format {
        case .csv:
            state = .csv(CSVReader(limit: options.rowLimit), hasHeader: false)
        case .ndjson:
            state = .ndjson(
                NDJSONRowReader(limit: options.rowLimit, featureNames: options.featureNames)
            )
        }
    }

    private mutating func pass(_ bytes: Span<UInt8>) throws(TableError) -> [TableRow] {
        // The reader is taken out of the state while it runs, or its buffers would be copied.
        let current = state
        state = .changing
        switch consume current {
        case .csv(var reader, let hasHeader):
            var rows: [CSVReader.Row] = []
            try reader.read(bytes, into: &rows)
            let result = try table(rows, hasHeader: hasHeader)
            state = .csv(reader, hasHeader: result.hasHeader)
            return result.rows
        case .ndjson(var reader):
            let rows = try reader.read(bytes)
            columns = reader.columns
            state = .ndjson(reader)
            return rows
        case .undetermined, .changing:
            // Only after an error, whose reader stayed taken out.
            throw .empty
        }
    }

    /// Takes the header if it is still to come and turns the other rows into cells.
    private mutating func table(
        _ rows: [CSVReader.Row],
        hasHeader: Bool
    ) throws(TableError) -> (rows: [TableRow], hasHeader: Bool) {
        guard let first = rows.first else { return ([], hasHeader) }
        if !hasHeader { try takeHeader(first.fields) }
        var result: [TableRow] = []
        result.reserveCapacity(rows.count)
        for row in hasHeader ? rows[...] : rows.dropFirst() {
            guard row.fields.count == columns.count else {
                throw .raggedRow(
                    line: row.line,
                    expected: columns.count,
                    found: row.fields.count
                )
            }
            let cells = row.fields.map { Cell(csv: $0, missing: options.missing) }
            result.append(TableRow(line: row.line, cells: cells))
        }
        return (result, true)
    }

    /// Names the columns; one without a name, as pandas writes an index, is called by its position.
    private mutating func takeHeader(_ names: [String]) throws(TableError) {
        if names.count == 1, let found = names[0].first(where: { ";\t|".contains($0) }) {
            throw .separator(found: found)
        }
        var seen: Set<String> = []
        for (index, name) in names.enumerated() {
            let name = name.isEmpty ? "unnamed_\(index + 1)" : name
            guard seen.insert(name).inserted else { throw .duplicateColumn(name: name) }
            columns.append(TableColumn(name))
        }
    }
}
