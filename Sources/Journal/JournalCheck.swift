// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import GRDB

/// What is checked before anything in the file is believed.
///
/// Pages are checked by SQLite, rows by their checksums: those that everything hangs on here, a
/// monitor's panes and batches when they are loaded, the ledger's when they are read or added to.
struct JournalCheck {
    /// The wall clock, in Unix seconds.
    let time: Double

    /// Checks the file and moves damaged rows aside.
    ///
    /// - Throws: `Damage` when nothing in it can be trusted.
    func run(_ database: Database) throws -> [JournalEvent] {
        let faults = try String.fetchAll(database, sql: "PRAGMA quick_check(1)")
        guard faults == ["ok"] else {
            throw Damage(reason: faults.first ?? "SQLite cannot check it")
        }
        if try LastCommit(database) == nil { try requireNothing(database) }
        let events =
            try monitors(database) + sessions(database) + series(database) + coverage(database)
            + strays("pane", "monitor", of: "monitor", database)
            + strays("batch", "monitor", of: "monitor", database)
            + strays("ledger", "series", of: "series", database)
        try requireOrder(database)
        return events
    }

    /// Makes sure that every row of the ledger is found by its key.
    ///
    /// SQLite's quick check does not, and a row in the wrong place would be missed; of panes and
    /// batches the monitors know the numbers.
    private func requireOrder(_ database: Database) throws {
        let sql = """
            SELECT NOT EXISTS (
                SELECT 1 FROM ledger AS every WHERE NOT EXISTS (
                    SELECT 1 FROM ledger AS found
                    WHERE found.series = every.series AND found.quarter = every.quarter))
            """
        guard try Bool.fetchOne(database, sql: sql) == true else {
            throw Damage(reason: "rows of ledger stand out of order")
        }
    }

    /// Makes sure that no commit has left anything: the row that counts them is not there.
    private func requireNothing(_ database: Database) throws {
        for table in ["monitor", "session", "series", "coverage"] {
            guard try Row.fetchOne(database, sql: "SELECT 1 FROM \(table)") == nil else {
                throw Damage(reason: "the number of its last commit is gone")
            }
        }
    }

    private func monitors(_ database: Database) throws -> [JournalEvent] {
        var events: [JournalEvent] = []
        for (id, row) in try MonitorRow.all(database) {
            guard case .failure(let damage) = row else { continue }
            try RefusedRows(time: time, reason: damage.reason).moveMonitor(id, database)
            events.append(.monitorRefused(nil, reason: damage.reason))
        }
        return events
    }

    /// Rows that belong to a monitor or a series that is not there.
    private func strays(
        _ table: String,
        _ column: String,
        of owner: String,
        _ database: Database
    ) throws -> [JournalEvent] {
        let condition = "\(column) NOT IN (SELECT id FROM \(owner))"
        let sql = "SELECT EXISTS (SELECT 1 FROM \(table) WHERE \(condition))"
        guard try Bool.fetchOne(database, sql: sql) == true else { return [] }
        let reason = "rows of \(table) belong to no \(owner)"
        try RefusedRows(time: time, reason: reason).move(table, where: condition, database)
        if owner == "series" { return [.ledgerRefused(reason: reason)] }
        return [.monitorRefused(nil, reason: reason)]
    }

    private func sessions(_ database: Database) throws -> [JournalEvent] {
        var events: [JournalEvent] = []
        for (name, session) in try SessionRow.all(database) {
            guard case .failure(let damage) = session else { continue }
            // SQLite quoted the name, so that it stands for itself in SQL.
            try RefusedRows(time: time, reason: damage.reason)
                .move("session", where: "name = \(name)", database)
            events.append(.sessionRefused(reason: damage.reason))
        }
        return events
    }

    private func series(_ database: Database) throws -> [JournalEvent] {
        var events: [JournalEvent] = []
        for (id, series) in try Series.all(database).sorted(by: { $0.key < $1.key }) {
            guard case .failure(let damage) = series else { continue }
            let refused = RefusedRows(time: time, reason: damage.reason)
            try refused.move("series", where: "id = \(id)", database)
            try refused.move("ledger", where: "series = \(id)", database)
            events.append(.ledgerRefused(reason: damage.reason))
        }
        return events
    }

    private func coverage(_ database: Database) throws -> [JournalEvent] {
        var events: [JournalEvent] = []
        let sql = "SELECT quarter, seconds, dropped, checksum FROM coverage"
        for values in try Row.fetchAll(database, sql: sql) {
            let row = StoredRow(values, of: "coverage")
            do throws(Damage) { _ = try CoverageRow(row) } catch {
                try RefusedRows(time: time, reason: error.reason)
                    .move("coverage", where: "quarter = \(try row.integer(0))", database)
                events.append(.ledgerRefused(reason: error.reason))
            }
        }
        return events
    }
}
