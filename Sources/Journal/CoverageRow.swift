// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import GRDB

/// A row of the table `coverage`: how much of a quarter was watched.
struct CoverageRow {
    private(set) var coverage: CoverageDelta

    /// Reads a row of quarter, seconds, dropped and checksum.
    ///
    /// - Throws: `Damage` when it is not what was written.
    init(_ row: StoredRow) throws(Damage) {
        coverage = CoverageDelta(
            quarter: try row.integer(0),
            seconds: try row.real(1),
            dropped: try row.unsigned(2)
        )
        try row.check(3, is: checksum)
    }

    /// A part of a quarter.
    init(_ delta: CoverageDelta) {
        coverage = delta
    }

    /// What is kept of a quarter; `nil` when that is nothing, or damaged.
    static func find(_ quarter: Int, _ database: Database) throws -> CoverageDelta? {
        let statement = try database.cachedStatement(
            sql: "SELECT quarter, seconds, dropped, checksum FROM coverage WHERE quarter = ?"
        )
        guard let values = try Row.fetchOne(statement, arguments: [quarter]) else { return nil }
        return try? CoverageRow(StoredRow(values, of: "coverage")).coverage
    }

    private var checksum: Checksum {
        var checksum = Checksum()
        checksum.add(coverage.quarter)
        checksum.add(coverage.seconds)
        checksum.add(coverage.dropped)
        return checksum
    }

    /// Adds the part to what is kept of the quarter; what cannot be trusted is moved aside.
    func add(_ database: Database, time: Double) throws {
        let select = try database.cachedStatement(
            sql: "SELECT quarter, seconds, dropped, checksum FROM coverage WHERE quarter = ?"
        )
        var sum = self
        if let values = try Row.fetchOne(select, arguments: [coverage.quarter]) {
            do {
                let kept = try CoverageRow(StoredRow(values, of: "coverage")).coverage
                sum.coverage.seconds += kept.seconds
                sum.coverage.dropped &+= kept.dropped
            } catch {
                try RefusedRows(time: time, reason: error.reason)
                    .move("coverage", where: "quarter = \(coverage.quarter)", database)
            }
        }
        let statement = try database.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO coverage (quarter, seconds, dropped, checksum)
                VALUES (?, ?, ?, ?)
                """
        )
        try statement.execute(arguments: [
            sum.coverage.quarter, sum.coverage.seconds, sum.coverage.dropped.stored,
            sum.checksum.value,
        ])
    }
}
