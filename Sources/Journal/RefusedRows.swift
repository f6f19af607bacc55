// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import GRDB

/// Moves rows that cannot be trusted out of the way, into the table `refused`, where they stay as
/// SQL literals: nothing reads them again, and nothing deletes them.
struct RefusedRows {
    /// The wall clock, in Unix seconds.
    let time: Double
    /// Why they are refused.
    let reason: String

    /// Moves everything kept of a monitor.
    func moveMonitor(_ id: Int64, _ database: Database) throws {
        try move("monitor", where: "id = \(id)", database)
        try move("pane", where: "monitor = \(id)", database)
        try move("batch", where: "monitor = \(id)", database)
    }

    /// Moves the rows of a table that fulfil a condition.
    func move(_ table: String, where condition: String, _ database: Database) throws {
        let columns = try database.columns(in: table).map(\.name)
        let content = columns.map { "quote(\($0))" }.joined(separator: " || ', ' || ")
        try database.execute(
            sql: """
                INSERT INTO refused (time, source, reason, content)
                SELECT ?, ?, ?, \(content) FROM \(table) WHERE \(condition)
                """,
            arguments: [time, table, reason]
        )
        try database.execute(sql: "DELETE FROM \(table) WHERE \(condition)")
    }
}
