// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import GRDB

/// A row of the table `monitor`.
struct MonitorRow {
    /// Its columns, in the order of `init(_:)`.
    private static let columns = """
        id, model, version, digest, layout, clock_pane, clock_time, clock_mark, total_rows, \
        last_record, panes, batches, checksum
        """

    let id: Int
    let key: MonitorKey
    let layout: String
    var clock: StoredClock
    var totalRows: UInt64
    var lastRecord: Double
    /// Rows of the table `pane` that belong to it.
    var panes: Int
    /// Rows of the table `batch` that belong to it.
    var batches: Int

    /// A monitor of which nothing is kept yet.
    init(id: Int, beginning change: MonitorChange) {
        self.id = id
        key = change.key
        layout = change.layout
        clock = change.clock
        totalRows = 0
        lastRecord = change.lastRecord
        panes = 0
        batches = 0
    }

    /// Reads a row.
    ///
    /// - Throws: `Damage` when it is not what was written.
    init(_ row: StoredRow) throws(Damage) {
        id = try row.integer(0)
        key = MonitorKey(
            model: try row.text(1),
            version: try row.text(2),
            digest: try row.text(3)
        )
        layout = try row.text(4)
        clock = StoredClock(
            pane: try row.integer(5),
            time: try row.real(6),
            mark: try row.integer(7)
        )
        totalRows = try row.unsigned(8)
        lastRecord = try row.real(9)
        panes = try row.integer(10)
        batches = try row.integer(11)
        try row.check(12, is: checksum)
    }

    private var checksum: Checksum {
        var checksum = Checksum()
        checksum.add(id)
        for text in [key.model, key.version, key.digest, layout] { checksum.add(text) }
        checksum.add(clock.pane)
        checksum.add(clock.time)
        checksum.add(clock.mark)
        checksum.add(totalRows)
        checksum.add(lastRecord)
        checksum.add(panes)
        checksum.add(batches)
        return checksum
    }

    /// Every row, as it was read or as it was not.
    static func all(_ database: Database) throws -> [(id: Int64, row: Result<MonitorRow, Damage>)] {
        let sql = "SELECT \(columns) FROM monitor ORDER BY id"
        return try Row.fetchAll(database, sql: sql).map { values in
            let row = StoredRow(values, of: "monitor")
            // SQLite's own row number, which is an integer in whatever file.
            let id = Int64(try row.integer(0))
            return (id, Result { () throws(Damage) in try MonitorRow(row) })
        }
    }

    /// The row of a monitor; `nil` when nothing is kept of it.
    static func find(_ key: MonitorKey, _ database: Database) throws -> MonitorRow? {
        let statement = try database.cachedStatement(
            sql: "SELECT \(columns) FROM monitor WHERE model = ? AND version = ? AND digest = ?"
        )
        let row = try Row.fetchOne(
            statement,
            arguments: [key.model.stored, key.version.stored, key.digest.stored]
        )
        return try row.map { try MonitorRow(StoredRow($0, of: "monitor")) }
    }

    /// A number that no monitor has, nor rows whose monitor is gone.
    static func unusedID(_ database: Database) throws -> Int {
        let sql = """
            SELECT max(
                (SELECT coalesce(max(id), 0) FROM monitor),
                (SELECT coalesce(max(monitor), 0) FROM pane),
                (SELECT coalesce(max(monitor), 0) FROM batch))
            """
        return (try Int.fetchOne(database, sql: sql) ?? 0) + 1
    }

    /// Writes the row, in the place of what it was.
    func save(_ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO monitor (\(Self.columns))
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        try statement.execute(arguments: [
            id, key.model.stored, key.version.stored, key.digest.stored, layout.stored, clock.pane,
            clock.time, clock.mark, totalRows.stored, lastRecord, panes, batches, checksum.value,
        ])
    }

    /// Removes the row, its panes and its batches.
    func delete(_ database: Database) throws {
        for sql in [
            "DELETE FROM pane WHERE monitor = ?", "DELETE FROM batch WHERE monitor = ?",
            "DELETE FROM monitor WHERE id = ?",
        ] {
            try database.cachedStatement(sql: sql).execute(arguments: [id])
        }
    }
}
