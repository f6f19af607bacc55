// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Rows of one schema, column by column, in memory of a fixed size.
///
/// The value of a row in a column stands at `column * capacity + row`. Memory is taken once, when
/// the batch is made; filling and emptying it allocates nothing.
package struct RecordBatch: Sendable {
    /// The most rows that the batch holds.
    package let capacity: Int
    /// The number of columns.
    package let columnCount: Int
    /// The rows it holds now, in the order in which they came.
    package internal(set) var rows = 0
    /// The record's time by row, in Unix seconds; NaN = the record has none.
    package var timestamps: [Double]
    /// The values of numeric columns; NaN = missing.
    ///
    /// Those of categorical columns mean nothing.
    package var numbers: [Double]
    /// The cells of categorical columns.
    ///
    /// With *c* categories: 0..<*c*, *c* = unseen, *c* + 1 = missing. Those of numeric columns are
    /// for whoever quantises the numbers.
    package var cells: [UInt16]

    /// Makes an empty batch.
    ///
    /// - Parameters:
    ///   - columnCount: The columns of the schema; negative is 0.
    ///   - capacity: The most rows it holds; at least 1.
    package init(columnCount: Int, capacity: Int) {
        let capacity = max(capacity, 1)
        let columnCount = max(columnCount, 0)
        self.capacity = capacity
        self.columnCount = columnCount
        timestamps = Array(repeating: .nan, count: capacity)
        numbers = Array(repeating: .nan, count: capacity * columnCount)
        cells = Array(repeating: 0, count: capacity * columnCount)
    }

    /// Makes a full batch of rows whose values are cells already; it has no numbers.
    ///
    /// - Parameters:
    ///   - columnCount: The columns.
    ///   - timestamps: The time of each row, in Unix seconds.
    ///   - cells: The cells, column after column.
    /// - Precondition: As many cells as rows × columns.
    package init(columnCount: Int, timestamps: [Double], cells: [UInt16]) {
        precondition(cells.count == columnCount * timestamps.count)
        self.columnCount = columnCount
        self.timestamps = timestamps
        self.cells = cells
        capacity = timestamps.count
        rows = timestamps.count
        numbers = []
    }

    /// Whether no further row fits.
    package var isFull: Bool { rows >= capacity }

    /// Empties the batch and keeps its memory.
    package mutating func removeAll() { rows = 0 }

    /// Counts the row after the last, whose values were written already; there must be room.
    mutating func commit(timestamp: Double) {
        timestamps[rows] = timestamp
        rows += 1
    }

    /// Adds a row unless the batch is full.
    ///
    /// For tests and for rows that do not come from a scanner.
    /// - Parameters:
    ///   - timestamp: The record's time, in Unix seconds; NaN = none.
    ///   - rowNumbers: A value for each column; of categorical columns anything.
    ///   - rowCells: A cell for each column; of numeric columns anything.
    /// - Returns: Whether it fitted: there was room, and a value and a cell for each column.
    package mutating func append(
        timestamp: Double,
        numbers rowNumbers: Span<Double>,
        cells rowCells: Span<UInt16>
    ) -> Bool {
        guard rows < capacity, rowNumbers.count == columnCount, rowCells.count == columnCount
        else { return false }
        timestamps[rows] = timestamp
        for column in 0..<columnCount {
            numbers[column * capacity + rows] = rowNumbers[column]
            cells[column * capacity + rows] = rowCells[column]
        }
        rows += 1
        return true
    }
}
