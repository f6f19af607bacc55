// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import GRDB

/// What a journal holds, as `kedge journal inspect` shows it.
package struct JournalInspection: Sendable {
    /// The ledger as a whole.
    package struct Ledger: Sendable {
        /// Features of model versions that are counted.
        package let series: Int
        /// Rows of the table.
        package let rows: Int
        /// The first and the last quarter; `nil` when there is none.
        package let quarters: ClosedRange<Int>?
        /// Bytes of the counts.
        package let bytes: Int
    }

    /// The version of the schema.
    package let schemaVersion: Int
    /// Bytes of the file.
    package let fileBytes: Int
    /// Bytes of the log.
    package let logBytes: Int
    /// Bytes of the file's pages that are free.
    package let freeBytes: Int
    /// The last commit; `nil` before the first.
    package let lastCommit: LastCommit?
    /// What is kept of monitors, by model, version and digest.
    package let monitors: [KeptMonitor]
    /// Every session, by name.
    package let sessions: [SessionProgress]
    /// The ledger.
    package let ledger: Ledger
    /// The last quarters' coverage, ascending.
    package let coverage: [CoverageDelta]
    /// Rows that were refused since the file was made.
    package let refusedRows: Int

    /// Looks at a journal.
    ///
    /// Of the coverage it takes the last `quarters`.
    ///
    /// - Throws: `JournalError` when something of it cannot be read.
    /// - Complexity: O(monitors' rows + ledger).
    package init(_ reader: JournalReader, coverageQuarters quarters: Int) throws(JournalError) {
        let sizes = DatabaseFile(path: reader.path, schema: JournalSchema.file).sizes
        fileBytes = sizes.file
        logBytes = sizes.log
        lastCommit = try reader.lastCommit()
        monitors = try reader.monitors()
        sessions = try reader.sessions()
        (schemaVersion, freeBytes, refusedRows) = try reader.read { database in
            func number(_ sql: String) throws -> Int { try Int.fetchOne(database, sql: sql) ?? 0 }
            return (
                try number("PRAGMA user_version"),
                try number("PRAGMA freelist_count") * number("PRAGMA page_size"),
                try number("SELECT count(*) FROM refused")
            )
        }
        ledger = try reader.read { try Ledger($0) }
        coverage = try reader.read { try CoverageRow.last(quarters, $0) }
    }
}

extension JournalInspection.Ledger {
    fileprivate init(_ database: Database) throws {
        series = try Int.fetchOne(database, sql: "SELECT count(*) FROM series") ?? 0
        let sql = """
            SELECT count(*), coalesce(sum(length(counts)), 0), min(quarter), max(quarter)
            FROM ledger
            """
        guard let values = try Row.fetchOne(database, sql: sql) else {
            throw Damage(reason: "the ledger cannot be counted")
        }
        let row = StoredRow(values, of: "ledger")
        rows = try row.integer(0)
        bytes = try row.integer(1)
        quarters = rows == 0 ? nil : try row.integer(2)...row.integer(3)
    }
}

extension CoverageRow {
    /// The last quarters' coverage, ascending; those that are damaged are left out.
    fileprivate static func last(_ count: Int, _ database: Database) throws -> [CoverageDelta] {
        let sql = """
            SELECT quarter, seconds, dropped, checksum FROM coverage ORDER BY quarter DESC LIMIT ?
            """
        return try Row.fetchAll(database, sql: sql, arguments: [count]).reversed().compactMap {
            try? CoverageRow(StoredRow($0, of: "coverage")).coverage
        }
    }
}
