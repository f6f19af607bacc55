// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import GRDB

/// Removes what is older than the ledger's history.
///
/// A model's quarters are measured from its newest one, not from the wall clock: on the event clock
/// a replay of last year's records has a ledger too. Versions that are no longer served go with
/// the time of those that are.
struct LedgerHistory {
    /// Seconds of history.
    let seconds: Int

    /// Removes old quarters, and series that have none left.
    ///
    /// - Returns: Whether series were removed.
    /// - Complexity: O(series × log(rows) + rows removed).
    @discardableResult
    func prune(_ database: Database) throws -> Bool {
        let quarters = seconds / LedgerDelta.quarterSeconds
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
