// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// One row as a JSON object, made of values that came column by column or as CSV; its memory is
/// used for every row.
///
/// So these rows are read, judged and logged like any other. Only a row is ever held: names that
/// are repeated for ten thousand rows would be larger than any body.
struct RowText {
    /// Bytes that the names of all columns may take: what each row is made of again.
    static let nameLimit = 1 << 16

    /// The keys with their colons.
    private let keys: [[UInt8]]
    private(set) var bytes: [UInt8] = []
    private var column = 0

    /// Names the columns.
    ///
    /// - Throws: `shape` if the names are too long.
    init(columns names: [String]) throws(RequestFailure) {
        let size = names.reduce(0) { $0 + $1.utf8.count }
        guard size <= Self.nameLimit else {
            throw .shape("the names of the columns take \(size) bytes, \(Self.nameLimit) at most")
        }
        keys = names.map { name in JSONWriter.bytes { $0.key(name) } }
    }

    /// The number of columns.
    var columnCount: Int { keys.count }

    /// Begins a row.
    mutating func begin() {
        bytes.removeAll(keepingCapacity: true)
        bytes.append(UInt8(ascii: "{"))
        column = 0
    }

    /// Adds the value of the next column, which is JSON in a document's range.
    mutating func add(_ document: Span<UInt8>, _ range: Range<Int>) {
        addKey()
        bytes.appendLine(of: document, range)
    }

    /// Adds the value of the next column, which is JSON.
    mutating func add(json: [UInt8]) {
        addKey()
        bytes.append(contentsOf: json)
    }

    /// Ends the row.
    mutating func end() {
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func addKey() {
        if column > 0 { bytes.append(UInt8(ascii: ",")) }
        if keys.indices ~= column { bytes.append(contentsOf: keys[column]) }
        column += 1
    }
}

extension Workbench {
    /// Takes a row that was put together.
    mutating func takeRow(_ row: RowText, instance: Int, _ context: RequestContext) {
        let bytes = row.bytes.span
        do throws(ScanFault) {
            let range = try JSONCursor.read(bytes) { cursor throws(ScanFault) in
                try reader.read(&cursor)
            }
            takeRow(RowPlace(instance: instance, source: range), in: bytes, context)
        } catch {
            // The parts are well-formed, so the whole is; were it not, the row would be refused.
            refuse(
                .noObject(FieldValue(.null), at: RowPlace(instance: instance).location, in: bytes)
            )
        }
    }
}
