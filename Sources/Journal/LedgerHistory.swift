// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import GRDB

/// Removes what is older than the ledger's history, or more than it may hold.
///
/// A model's quarters are measured from its newest one, not from the wall clock: on the event clock
/// a replay of last year's records has a ledger too. Versions that are no longer served go with
/// the time of those that are.
struct LedgerHistory {
    /// What a row takes besides its counts, about.
    private static let rowBytes = 24

    /// Seconds of history.
    let seconds: Int
    /// Bytes of the ledger's rows at most; `nil` for as many as there are.
    var bytes: Int?

    /// Removes old quarters, and series that have none left.
    ///
    /// Where what is left is too much, the history is shortened by an eighth, until it is not.
    ///
    /// - Returns: Whether series were removed.
    /// - Complexity: O(series × log(rows) + rows removed), and with a limit of bytes O(rows).
    @discardableResult
    func prune(_ database: Database) throws -> Bool {
        var quarters = seconds / LedgerDelta.quarterSeconds
        var removed = try prune(database, keeping: quarters)
        guard let bytes else { return removed }
        while quarters > 1, try Self.bytes(database) > bytes {
            quarters -= max(quarters / 8, 1)
            removed = try prune(database, keeping: quarters) || removed
        }
        return removed
    }

    private static func bytes(_ database: Database) throws -> Int {
        let sql = "SELECT coalesce(sum(length(counts)), 0) + count(*) * ? FROM ledger"
        return try Int.fetchOne(database, sql: sql, arguments: [rowBytes]) ?? 0
    }

    private func prune(_ database: Database, keeping quarters: Int) throws -> Bool {
        let series = try Series.whole(database)
        var newest: [String: Int] = [:]
        for (id, series) in series {
            let sql = "SELECT max(quarter) FROM ledger WHERE series = ?"
            guard let last = try Int.fetchOne(database, sql: sql, arguments: [id]) else { continue }
            newest[series.model] = max(newest[series.model] ?? last, last)
        }
        var removed = false
        for (id, series) in series {
            guard let last = newest[series.model] else { continue }
            let delete = try database.cachedStatement(
                sql: "DELETE FROM ledger WHERE series = ? AND quarter <= ?"
            )
            try delete.execute(arguments: [id, last.subtractingClamped(quarters)])
            try database.execute(
                sql: """
                    DELETE FROM series WHERE id = ?1
                    AND NOT EXISTS (SELECT 1 FROM ledger WHERE series = ?1)
                    """,
                arguments: [id]
            )
            removed = removed || database.changesCount > 0
        }
        try database.execute(
            sql: """
                DELETE FROM coverage WHERE quarter <= (SELECT max(quarter) FROM coverage) - ?
                """,
            arguments: [quarters]
        )
        return removed
    }
}

extension Int {
    /// The difference, or the lowest number when it is lower still.
    fileprivate func subtractingClamped(_ other: Int) -> Int {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? .min : difference
    }
}
