// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import GRDB

/// What is checked before anything in the alerts' file is believed: pages by SQLite, rows by their
/// checksums, and how many they are by the tally.
struct AlertCheck {
    /// The wall clock, in Unix seconds.
    let time: Double

    /// Checks the file, moves damaged rows aside and counts what is left.
    ///
    /// - Throws: `Damage` when nothing in it can be trusted.
    /// - Complexity: O(file).
    func run(_ database: Database) throws -> [AlertStoreEvent] {
        let faults = try String.fetchAll(database, sql: "PRAGMA quick_check(1)")
        guard faults == ["ok"] else {
            throw Damage(reason: faults.first ?? "SQLite cannot check it")
        }
        var events: [AlertStoreEvent] = []
        let tally = try tally(database, &events)
        var found = tally ?? AlertTally()
        let alerts = try examine(.alerts, expected: tally?.alerts, database, &events)
        let deliveries = try examine(.deliveries, expected: tally?.deliveries, database, &events)
        let silences = try examine(.silences, expected: tally?.silences, database, &events)
        (found.alerts, found.deliveries, found.silences) = (alerts, deliveries, silences)
        if found != tally { try found.save(database) }
        return events
    }

    /// The tally; `nil` when it is damaged, which is an event.
    private func tally(
        _ database: Database,
        _ events: inout [AlertStoreEvent]
    ) throws -> AlertTally? {
        do {
            return try AlertTally(database)
        } catch let damage as Damage {
            try refuse("state", where: "TRUE", damage, database, &events)
            return nil
        }
    }

    /// Looks at every row of a table.
    ///
    /// - Returns: How many are left.
    private func examine<Content>(
        _ table: AlertTable<Content>,
        expected: Int?,
        _ database: Database,
        _ events: inout [AlertStoreEvent]
    ) throws -> Int {
        let rows = try table.rows(database)
        if let expected, rows.count != expected {
            events.append(.missing(table: table.name, left: rows.count, of: expected))
        }
        var whole = 0
        for row in rows {
            switch row.content {
            case .success: whole += 1
            case .failure(let damage):
                // SQLite quoted the key, so that it stands for itself in SQL.
                try refuse(table.name, where: "key = \(row.quotedKey)", damage, database, &events)
            }
        }
        return whole
    }

    private func refuse(
        _ table: String,
        where condition: String,
        _ damage: Damage,
        _ database: Database,
        _ events: inout [AlertStoreEvent]
    ) throws {
        try RefusedRows(time: time, reason: damage.reason).move(table, where: condition, database)
        events.append(.refused(reason: damage.reason))
    }
}
