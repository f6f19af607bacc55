// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import Foundation
import GRDB

/// A row of the table `pane`.
struct PaneRow {
    let monitor: Int
    let multiple: Int
    let number: Int
    let rows: UInt64
    let counts: [UInt8]

    /// The row of a pane.
    init(_ pane: StoredPane, of monitor: Int) {
        self.monitor = monitor
        multiple = pane.multiple
        number = pane.number
        rows = pane.rows
        counts = pane.counts.bytes()
    }

    /// Reads a row.
    private init(_ row: StoredRow) throws(Damage) {
        monitor = try row.integer(0)
        multiple = try row.integer(1)
        number = try row.integer(2)
        rows = try row.unsigned(3)
        counts = try row.bytes(5)
        try row.check(4, is: checksum)
    }

    private var checksum: Checksum {
        var checksum = Checksum()
        checksum.add(monitor)
        checksum.add(multiple)
        checksum.add(number)
        checksum.add(rows)
        checksum.add(counts)
        return checksum
    }

    /// The panes of a monitor, by multiple and number; of any number of cells when it is `nil`.
    ///
    /// - Throws: `Damage` when one is not what was written, or counts in cells that there are not.
    static func all(
        of monitor: Int,
        cellCount: Int?,
        _ database: Database
    ) throws -> [StoredPane] {
        let sql = """
            SELECT monitor, multiple, number, rows, checksum, counts FROM pane WHERE monitor = ?
            ORDER BY multiple, number
            """
        var panes: [StoredPane] = []
        let cursor = try Row.fetchCursor(database, sql: sql, arguments: [monitor])
        while let values = try cursor.next() {
            let row = try PaneRow(StoredRow(values, of: "pane"))
            let cells = cellCount ?? CompactCounts.cellBound(ofBytes: row.counts)
            guard let counts = CompactCounts(bytes: row.counts, cellCount: cells) else {
                throw Damage(reason: "a pane counts in cells that the reference does not have")
            }
            panes.append(
                StoredPane(
                    multiple: row.multiple,
                    number: row.number,
                    rows: row.rows,
                    counts: counts
                )
            )
        }
        return panes
    }

    /// Writes the row, in the place of what it was.
    ///
    /// - Returns: How many more rows there are, 1 or 0.
    func save(_ database: Database) throws -> Int {
        let delete = try database.cachedStatement(
            sql: "DELETE FROM pane WHERE monitor = ? AND multiple = ? AND number = ?"
        )
        try delete.execute(arguments: [monitor, multiple, number])
        let replaced = database.changesCount
        let insert = try database.cachedStatement(
            sql: """
                INSERT INTO pane (monitor, multiple, number, rows, checksum, counts)
                VALUES (?, ?, ?, ?, ?, ?)
                """
        )
        try insert.execute(arguments: [
            monitor, multiple, number, rows.stored, checksum.value, Data(counts),
        ])
        return 1 - replaced
    }

    /// Removes the panes of one multiple below a number.
    ///
    /// - Returns: How many.
    static func drop(
        multiple: Int,
        below number: Int,
        of monitor: Int,
        _ database: Database
    ) throws -> Int {
        let statement = try database.cachedStatement(
            sql: "DELETE FROM pane WHERE monitor = ? AND multiple = ? AND number < ?"
        )
        try statement.execute(arguments: [monitor, multiple, number])
        return database.changesCount
    }
}
