// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB

/// A row of the table `ledger`: the counts of a series in a quarter.
struct LedgerRow {
    let series: Int
    let quarter: Int
    var counts: [UInt64]

    /// Counts of a series in a quarter.
    init(series: Int, quarter: Int, counts: [UInt64]) {
        self.series = series
        self.quarter = quarter
        self.counts = counts
    }

    /// Reads a row of series, quarter, checksum and counts.
    ///
    /// - Throws: `Damage` when it is not what was written.
    init(_ row: StoredRow) throws(Damage) {
        series = try row.integer(0)
        quarter = try row.integer(1)
        let bytes = try row.bytes(3)
        guard let counts = LedgerCounts.decode(bytes) else {
            throw Damage(reason: "a row of ledger holds no counts")
        }
        self.counts = counts
        try row.check(2, is: checksum(bytes))
    }

    private func checksum(_ bytes: [UInt8]) -> Checksum {
        var checksum = Checksum()
        checksum.add(series)
        checksum.add(quarter)
        checksum.add(bytes)
        return checksum
    }

    /// Adds the counts to those of the same series and quarter.
    ///
    /// What is kept already but cannot be trusted is moved aside.
    func add(_ database: Database, time: Double) throws {
        let select = try database.cachedStatement(
            sql: """
                SELECT series, quarter, checksum, counts FROM ledger
                WHERE series = ? AND quarter = ?
                """
        )
        var sum = self
        if let values = try Row.fetchOne(select, arguments: [series, quarter]) {
            do throws(Damage) {
                let kept = try LedgerRow(StoredRow(values, of: "ledger"))
                guard kept.counts.count == counts.count else {
                    throw Damage(reason: "a row of ledger has other bins than its series")
                }
                for bin in counts.indices { sum.counts[bin] &+= kept.counts[bin] }
            } catch {
                try RefusedRows(time: time, reason: error.reason).move(
                    "ledger",
                    where: "series = \(series) AND quarter = \(quarter)",
                    database
                )
            }
        }
        try sum.save(database)
    }

    private func save(_ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO ledger (series, quarter, checksum, counts)
                VALUES (?, ?, ?, ?)
                """
        )
        let bytes = LedgerCounts.encode(counts)
        try statement.execute(arguments: [
            series, quarter, checksum(bytes).value, Data(bytes),
        ])
    }
}
