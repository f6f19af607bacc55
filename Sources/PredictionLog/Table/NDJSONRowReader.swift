// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Reads NDJSON as rows, as bytes arrive: one JSON object a line, blank lines are nothing.
///
/// An object with `features` is a record: what is in them are feature columns, what stands beside
/// them envelope columns. Any other object is a flat row.
struct NDJSONRowReader: Sendable {
    private let limit: Int
    private let featureNames: [String]?
    private var indices: [TableColumn: Int] = [:]
    private var carry: [UInt8] = []
    private var line = 1

    /// The columns met so far.
    private(set) var columns: [TableColumn] = []

    /// - Parameters:
    ///   - limit: The longest line in bytes.
    ///   - featureNames: The names of features given as an array, in order.
    init(limit: Int, featureNames: [String]?) {
        self.limit = limit
        self.featureNames = featureNames
    }

    /// Takes the next bytes of the file and returns the rows that end in them.
    ///
    /// - Throws: `rowTooLong`, `json`, `unnamedFeatures`, `featureCount`.
    mutating func read(_ bytes: Span<UInt8>) throws(TableError) -> [TableRow] {
        var rows: [TableRow] = []
        for index in bytes.indices {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\n") {
                try endLine(into: &rows)
            } else {
                guard carry.count < limit else { throw .rowTooLong(line: line, limit: limit) }
                carry.append(byte)
            }
        }
        return rows
    }

    /// Ends the file: a last line without a newline is a line.
    mutating func finish() throws(TableError) -> [TableRow] {
        var rows: [TableRow] = []
        try endLine(into: &rows)
        return rows
    }

    private mutating func endLine(into rows: inout [TableRow]) throws(TableError) {
        let isBlank = carry.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
        if !isBlank { rows.append(TableRow(line: line, cells: try cells())) }
        carry.removeAll(keepingCapacity: true)
        line += 1
    }

    /// The cells of the line, in the order of the columns.
    private mutating func cells() throws(TableError) -> [Cell] {
        let object: JSONRow
        do {
            object = try JSONCursor.read(carry.span, JSONRow.init)
        } catch {
            throw .json(line: line, error)
        }
        var cells: [Cell] = []
        cells.reserveCapacity(columns.count)
        switch object.features {
        case .none:
            for (name, cell) in object.members { put(cell, at: TableColumn(name), in: &cells) }
            return cells
        case .named(let features):
            for (name, cell) in features { put(cell, at: TableColumn(name, .feature), in: &cells) }
        case .ordered(let features):
            guard let featureNames else { throw .unnamedFeatures(line: line) }
            guard features.count == featureNames.count else {
                throw .featureCount(
                    line: line,
                    expected: featureNames.count,
                    found: features.count
                )
            }
            for (name, cell) in zip(featureNames, features) {
                put(cell, at: TableColumn(name, .feature), in: &cells)
            }
        }
        for (name, cell) in object.members {
            put(cell, at: TableColumn(name, .envelope), in: &cells)
        }
        return cells
    }

    /// Puts a cell in its column, a new one if need be; of a duplicate key the last wins.
    private mutating func put(_ cell: Cell, at column: TableColumn, in cells: inout [Cell]) {
        let index: Int
        if cells.count < columns.count, columns[cells.count] == column {
            // Keys come in the same order line after line.
            index = cells.count
        } else if let known = indices[column] {
            index = known
        } else {
            index = columns.count
            indices[column] = index
            columns.append(column)
        }
        while cells.count <= index { cells.append(.missing) }
        cells[index] = cell
    }
}

/// One JSON object, its values as cells.
private struct JSONRow {
    /// What stands under `features`.
    enum Features {
        /// Nothing, or no object and no array: the row is flat.
        case none
        case named([(String, Cell)])
        case ordered([Cell])
    }

    /// The members but for features that make the row a record.
    private(set) var members: [(String, Cell)] = []
    private(set) var features = Features.none

    init(_ cursor: inout JSONCursor) throws(ScanFault) {
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            switch (key, try cursor.kind()) {
            case ("features", .object):
                var named: [(String, Cell)] = []
                try cursor.beginObject()
                while let name = try cursor.nextKey() { named.append((name, try cursor.cell())) }
                features = .named(named)
            case ("features", .array):
                var ordered: [Cell] = []
                try cursor.beginArray()
                while try cursor.nextElement() { ordered.append(try cursor.cell()) }
                features = .ordered(ordered)
            default:
                members.append((key, try cursor.cell()))
            }
        }
        try cursor.end()
    }
}

extension JSONCursor {
    /// Reads the next value as a cell.
    ///
    /// JSON tells numbers from texts, so numbers and booleans have their canonical text, which is
    /// what they are called as categories.
    ///
    /// `null` and NaN are missing, and so is an array or an object, which a record's feature cannot
    /// be either; a number beyond a double's range is a text.
    fileprivate mutating func cell() throws(ScanFault) -> Cell {
        switch try kind() {
        case .null:
            _ = try null()
            return .missing
        case .number:
            let (value, text) = try spelledNumber()
            if value.isNaN { return .missing }
            if value.isInfinite, !text.hasSuffix("Infinity") { return .text(text) }
            return .number(value, text: canonicalText(of: value, spelling: text))
        case .boolean:
            let value = try boolean()
            return .boolean(value, text: value ? "1" : "0")
        case .string:
            return .text(try string())
        case .array, .object:
            try skipValue()
            return .missing
        }
    }
}
