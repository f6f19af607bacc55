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
        return try monitors(database) + strays(database) + sessions(database)
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

    /// Panes and batches whose monitor there is not.
    private func strays(_ database: Database) throws -> [JournalEvent] {
        let condition = "monitor NOT IN (SELECT id FROM monitor)"
        var events: [JournalEvent] = []
        for table in ["pane", "batch"] {
            let sql = "SELECT EXISTS (SELECT 1 FROM \(table) WHERE \(condition))"
            guard try Bool.fetchOne(database, sql: sql) == true else { continue }
            let reason = "rows of \(table) belong to no monitor"
            try RefusedRows(time: time, reason: reason).move(table, where: condition, database)
            events.append(.monitorRefused(nil, reason: reason))
        }
        return events
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
}
