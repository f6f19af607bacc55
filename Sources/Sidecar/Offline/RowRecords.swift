// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import PredictionLog

/// Makes records of the rows of a table.
package struct RowRecords: Sendable {
    private let mapping: RowMapping
    private let model: String?
    private let version: String?
    private let relabels: Bool
    private let timeShift: Double
    /// What each column met so far is.
    private var roles: [RowMapping.Role] = []
    private var names: [String] = []
    private var writer = RecordWriter()

    /// The rows with a time that cannot be read; nil without any.
    package private(set) var unreadable: UnreadableTimes?

    /// - Parameters:
    ///   - mapping: What each column is.
    ///   - model: The model of rows that do not name theirs.
    ///   - version: The version of rows that do not name theirs.
    ///   - relabels: Whether what rows name themselves does not count.
    ///   - timeShift: By how many seconds records are later than their rows say.
    package init(
        _ mapping: RowMapping,
        model: String?,
        version: String?,
        relabels: Bool = false,
        timeShift: Double = 0
    ) {
        self.mapping = mapping
        self.timeShift = timeShift
        self.relabels = relabels
        self.model = model
        self.version = version
    }

    /// Appends the row's record, one line.
    ///
    /// - Parameters:
    ///   - row: The row.
    ///   - columns: The columns of its cells; between calls they may only grow.
    ///   - bytes: Where the line goes.
    /// - Returns: The row's event time in Unix seconds; NaN when it has none that can be read.
    package mutating func append(
        _ row: TableRow,
        columns: [TableColumn],
        to bytes: inout [UInt8]
    ) -> Double {
        for column in columns[roles.count...] {
            roles.append(mapping.role(of: column))
            names.append(column.name)
        }
        var record = RecordWriter.Record(model: model, version: version, features: [])
        record.features.reserveCapacity(row.cells.count)
        for (index, cell) in row.cells.enumerated() { take(cell, index, into: &record) }
        if record.timestamp == Self.unreadableTime {
            if unreadable == nil, let index = roles.firstIndex(of: .time) {
                let text = row.cells[index].text ?? ""
                unreadable = UnreadableTimes(column: names[index], line: row.line, text: text)
            }
            unreadable?.count += 1
        }
        writer.removeAll()
        writer.append(record)
        bytes.append(contentsOf: writer.bytes)
        guard let time = record.timestamp, time != Self.unreadableTime else { return .nan }
        return time
    }

    /// What stands for a time that cannot be read: nobody takes it, and it is rejected as such.
    private static let unreadableTime = -1.0

    private func take(_ cell: Cell, _ index: Int, into record: inout RecordWriter.Record) {
        switch (roles[index], cell.text) {
        case (.feature(let reading), _):
            let value = mapping.value(of: cell, as: reading)
            record.features.append(RecordWriter.Feature(name: names[index], value: value))
        case (.ignored, _), (_, nil):
            break
        case (.prediction(let reading), _):
            record.prediction = mapping.value(of: cell, as: reading)
        case (.time, let text?):
            let time = cell.number ?? RFC3339.parse(text)
            record.timestamp = time.map { $0 + timeShift } ?? Self.unreadableTime
        case (.identifier, let text): record.id = text
        case (.model, let text): if !relabels { record.model = text }
        case (.version, let text): if !relabels { record.version = text }
        case (.outcome, let text): record.outcome = text
        }
    }
}

/// Rows whose time is none, with the first of them.
package struct UnreadableTimes: Sendable, Equatable, CustomStringConvertible {
    /// The column of the time.
    package let column: String
    /// The line of the first one in the file.
    package let line: Int
    /// What stands there.
    package let text: String
    /// How many there are.
    package var count = 0

    /// One sentence.
    package var description: String {
        "line \(line), column \(column): found \"\(text.prefix(60))\", expected Unix seconds or a time "
            + "with its zone as in 2026-12-24T18:00:00Z (\(count) such rows)"
    }
}
