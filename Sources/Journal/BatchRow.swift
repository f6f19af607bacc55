// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import Foundation
import GRDB

/// A row of the table `batch`: the rows that one commit counted in one monitor.
struct BatchRow {
    let monitor: Int
    /// The number of the commit.
    let number: Int
    /// Rows counted since the monitor began, those of this batch included.
    let lastOrdinal: UInt64
    /// Up to which pane its rows are needed for time windows.
    let mark: Int
    let rows: Int
    let segments: [UInt8]

    /// The batch of a change, which has segments.
    init(_ change: MonitorChange, of monitor: Int, number: Int) {
        self.monitor = monitor
        self.number = number
        lastOrdinal = change.totalRows
        mark = change.segmentsMark
        rows = change.segmentRows
        segments = change.segments
    }

    private init(_ row: StoredRow) throws(Damage) {
        monitor = try row.integer(0)
        number = try row.integer(1)
        lastOrdinal = try row.unsigned(2)
        mark = try row.integer(3)
        rows = try row.integer(4)
        segments = try row.bytes(6)
        try row.check(5, is: checksum)
    }

    private var checksum: Checksum {
        var checksum = Checksum()
        checksum.add(monitor)
        checksum.add(number)
        checksum.add(lastOrdinal)
        checksum.add(mark)
        checksum.add(rows)
        checksum.add(segments)
        return checksum
    }

    /// The segments of a monitor's batches, in the order of their commits.
    ///
    /// - Throws: `Damage` when one is not what was written.
    static func all(of monitor: Int, _ database: Database) throws -> [[UInt8]] {
        let sql = """
            SELECT monitor, number, last_ordinal, mark, rows, checksum, segments FROM batch
            WHERE monitor = ? ORDER BY number
            """
        var batches: [[UInt8]] = []
        let cursor = try Row.fetchCursor(database, sql: sql, arguments: [monitor])
        while let values = try cursor.next() {
            batches.append(try BatchRow(StoredRow(values, of: "batch")).segments)
        }
        return batches
    }

    /// Writes the row; there is none of this monitor and commit yet.
    func save(_ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO batch (monitor, number, last_ordinal, mark, rows, checksum, segments)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """
        )
        try statement.execute(arguments: [
            monitor, number, lastOrdinal.stored, mark, rows, checksum.value, Data(segments),
        ])
    }

    /// Removes the oldest batches, those that neither a count window nor an open pane needs.
    ///
    /// Ordinals grow from batch to batch and marks do not fall, so the search ends at the first one
    /// that is needed: a row or two a commit, not all of them.
    ///
    /// The last row that has left every count window is `ordinal`; `mark` is the lowest that an open
    /// pane needs.
    ///
    /// - Returns: How many.
    /// - Throws: What SQLite does.
    static func prune(
        through ordinal: UInt64,
        below mark: Int,
        of monitor: Int,
        _ database: Database
    ) throws -> Int {
        let select = try database.cachedStatement(
            sql: "SELECT number, last_ordinal, mark FROM batch WHERE monitor = ? ORDER BY number"
        )
        var last: Int?
        let cursor = try Row.fetchCursor(select, arguments: [monitor])
        while let values = try cursor.next() {
            let row = StoredRow(values, of: "batch")
            guard try row.unsigned(1) <= ordinal, try row.integer(2) < mark else { break }
            last = try row.integer(0)
        }
        guard let last else { return 0 }
        let delete = try database.cachedStatement(
            sql: "DELETE FROM batch WHERE monitor = ? AND number <= ?"
        )
        try delete.execute(arguments: [monitor, last])
        return database.changesCount
    }
}
