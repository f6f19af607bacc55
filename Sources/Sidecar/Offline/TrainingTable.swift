// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import PredictionLog

/// The rows of a training table, gathered by column, for a reference to be built from.
///
/// Memory is that of the cells, 32 bytes each and more for texts beyond 15 bytes: kinds are decided
/// when the last row was seen, and a category is its spelling.
package struct TrainingTable: Sendable {
    /// The columns in the order they were met.
    package private(set) var columns: [TableColumn] = []

    /// The cells of each column; a column met late is missing in the rows before.
    package private(set) var cells: [[Cell]] = []

    /// How many rows were gathered.
    package private(set) var rows = 0

    /// How many records were left out because their `outcome` was something other than `ok`.
    package private(set) var failedRows = 0

    private var outcomeColumn: Int?

    package init() {}

    /// Gathers rows whose cells are in the order of `columns`, which may only grow between calls.
    package mutating func append(_ newRows: [TableRow], columns newColumns: [TableColumn]) {
        for column in newColumns[columns.count...] {
            if column == TableColumn("outcome", .envelope) { outcomeColumn = columns.count }
            columns.append(column)
            cells.append(Array(repeating: .missing, count: rows))
        }
        for row in newRows {
            // Records of predictions that failed are no part of the distribution (nor do they
            // enter windows).
            if let outcomeColumn, let outcome = row[outcomeColumn].text, outcome != "ok" {
                failedRows += 1
                continue
            }
            for index in columns.indices { cells[index].append(row[index]) }
            rows += 1
        }
    }
}
