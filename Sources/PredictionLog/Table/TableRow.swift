// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// A column of a table.
package struct TableColumn: Sendable, Hashable {
    /// Where the values of a column stand in a row.
    package enum Place: Sendable, Hashable {
        /// In a flat row: a field of a CSV line, a key of a JSON object without `features`.
        case field

        /// In the `features` of a record.
        case feature

        /// Beside the `features` of a record: `ts`, `prediction`, `outcome`, …
        case envelope
    }

    package let name: String
    package let place: Place

    package init(_ name: String, _ place: Place = .field) {
        self.name = name
        self.place = place
    }
}

/// One row of a table, its cells in the order of the reader's columns.
package struct TableRow: Sendable, Equatable {
    /// The line of the file on which the row begins, from 1.
    package let line: Int

    /// The cells; columns that the reader met later have none here.
    package let cells: [Cell]

    package init(line: Int, cells: [Cell]) {
        self.line = line
        self.cells = cells
    }

    /// The cell of a column, `missing` where the row ends before it.
    package subscript(column: Int) -> Cell {
        column < cells.count ? cells[column] : .missing
    }
}
