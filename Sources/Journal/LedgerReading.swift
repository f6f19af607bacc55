// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import GRDB

/// Which part of the ledger is read.
package struct LedgerSelection: Sendable, Equatable {
    /// Quarters that begin at or after this time, in Unix seconds.
    package var from = -Double.infinity
    /// Quarters that begin before this time, in Unix seconds.
    package var to = Double.infinity
    /// Only this model.
    package var model: String?
    /// Only this version.
    package var version: String?

    /// All of it.
    package init() {}

    func includes(_ series: Series) -> Bool {
        (model == nil || model == series.model) && (version == nil || version == series.version)
    }

    /// The quarters that begin within the times.
    var quarters: Range<Int> {
        let first = Self.quarter(from)
        return first..<max(first, Self.quarter(to))
    }

    private static func quarter(_ time: Double) -> Int {
        let number = (time / Double(LedgerDelta.quarterSeconds)).rounded(.up)
        return Int(exactly: number) ?? (number > 0 ? .max : .min)
    }
}

/// The counts of one series in one quarter.
package struct LedgerEntry: Sendable, Equatable {
    /// The model.
    package let model: String
    /// The version of the model.
    package let version: String
    /// The feature; `nil` for rows, late records and invalid values.
    package let feature: String?
    /// SHA-256 of what the feature's bins are; counts under equal bins may be added.
    package let bins: [UInt8]
    /// The quarter, as in `LedgerDelta`.
    package let quarter: Int
    /// Rows by bin; without a feature rows, late records and invalid values.
    package let counts: [UInt64]
}

/// The ledger of one model version in one quarter.
package struct LedgerQuarter: Sendable, Equatable {
    /// A feature's counts.
    package struct Feature: Sendable, Equatable {
        /// Its name.
        package let name: String
        /// SHA-256 of what its bins are.
        package let bins: [UInt8]
        /// Rows by bin.
        package let counts: [UInt64]
    }

    /// The model.
    package let model: String
    /// The version of the model.
    package let version: String
    /// The quarter, as in `LedgerDelta`.
    package let quarter: Int
    /// Rows, late records and invalid values; `nil` when those are damaged.
    package let traffic: [UInt64]?
    /// By name, then by bins.
    package let features: [Feature]
    /// How much of the quarter was watched; `nil` when nothing says so.
    package let coverage: CoverageDelta?
}

extension JournalReader {
    /// Reads the ledger in the order of model, version, feature, bins and quarter, all by bytes.
    ///
    /// - Returns: How many rows and series were damaged, and left out.
    /// - Throws: `JournalError`; what `body` throws is in `other`.
    /// - Complexity: O(rows selected), one at a time in memory.
    package func ledger(
        _ selection: LedgerSelection,
        _ body: (LedgerEntry) throws -> Void
    ) throws(JournalError) -> Int {
        try read { database in
            let ledger = try LedgerRows(selection, database)
            var damaged = ledger.damagedSeries
            for (id, series) in ledger.series {
                damaged += try ledger.each(of: id, in: selection.quarters) { row in
                    try body(
                        LedgerEntry(
                            model: series.model,
                            version: series.version,
                            feature: series.feature,
                            bins: series.bins,
                            quarter: row.quarter,
                            counts: row.counts
                        )
                    )
                }
            }
            return damaged
        }
    }

    /// Reads the ledger in the order of model, version and quarter.
    ///
    /// - Returns: How many rows and series were damaged, and left out.
    /// - Throws: `JournalError`; what `body` throws is in `other`.
    /// - Complexity: O(rows selected), a day at a time in memory.
    package func ledgerQuarters(
        _ selection: LedgerSelection,
        _ body: (LedgerQuarter) throws -> Void
    ) throws(JournalError) -> Int {
        try read { database in
            let ledger = try LedgerRows(selection, database)
            var damaged = ledger.damagedSeries
            for group in ledger.byVersion {
                var rest = selection.quarters
                while let first = try ledger.first(of: group, in: rest) {
                    let end = min(rest.upperBound, first + LedgerRows.chunk)
                    damaged += try ledger.quarters(of: group, in: first..<end, body)
                    rest = end..<rest.upperBound
                }
            }
            return damaged
        }
    }
}

/// The rows of a selection, series after series.
private struct LedgerRows {
    typealias Numbered = (id: Int, series: Series)

    /// Quarters read at a time: a day.
    static let chunk = 96

    let series: [Numbered]
    /// Series that are damaged, and whose rows are therefore nobody's.
    let damagedSeries: Int
    private let database: Database

    init(_ selection: LedgerSelection, _ database: Database) throws {
        self.database = database
        let all = try Series.all(database)
        let whole = all.compactMapValues { try? $0.get() }
        damagedSeries = all.count - whole.count
        series = whole.filter { selection.includes($0.value) }
            .map { (id: $0.key, series: $0.value, order: $0.value.order) }
            .sorted { $0.order.lexicographicallyPrecedes($1.order) }
            .map { ($0.id, $0.series) }
    }

    /// The series by model and version.
    var byVersion: [ArraySlice<Numbered>] {
        var groups: [ArraySlice<Numbered>] = []
        var start = 0
        for index in series.indices {
            let isLast = index + 1 == series.count
            if isLast || !series[index].series.isOfSameVersion(as: series[index + 1].series) {
                groups.append(series[start...index])
                start = index + 1
            }
        }
        return groups
    }

    /// The first quarter of any of the series.
    func first(of group: ArraySlice<Numbered>, in quarters: Range<Int>) throws -> Int? {
        let sql = """
            SELECT min(quarter) FROM ledger WHERE series = ? AND quarter >= ? AND quarter < ?
            """
        let statement = try database.cachedStatement(sql: sql)
        return try group.compactMap { numbered in
            try Int.fetchOne(
                statement,
                arguments: [numbered.id, quarters.lowerBound, quarters.upperBound]
            )
        }.min()
    }

    /// Calls `body` with each row of a series that is not damaged.
    ///
    /// - Returns: How many are damaged.
    func each(
        of id: Int,
        in quarters: Range<Int>,
        _ body: (LedgerRow) throws -> Void
    ) throws -> Int {
        let sql = """
            SELECT series, quarter, checksum, counts FROM ledger
            WHERE series = ? AND quarter >= ? AND quarter < ? ORDER BY quarter
            """
        var damaged = 0
        let arguments: StatementArguments = [id, quarters.lowerBound, quarters.upperBound]
        let cursor = try Row.fetchCursor(database, sql: sql, arguments: arguments)
        while let values = try cursor.next() {
            // What `body` throws is no damage.
            guard let row = try? LedgerRow(StoredRow(values, of: "ledger")) else {
                damaged += 1
                continue
            }
            try body(row)
        }
        return damaged
    }

    /// Puts the rows of one model version together.
    ///
    /// - Returns: How many are damaged.
    func quarters(
        of group: ArraySlice<Numbered>,
        in quarters: Range<Int>,
        _ body: (LedgerQuarter) throws -> Void
    ) throws -> Int {
        guard let version = group.first?.series else { return 0 }
        var damaged = 0
        var traffic: [Int: [UInt64]] = [:]
        var features: [Int: [LedgerQuarter.Feature]] = [:]
        for (id, series) in group {
            damaged += try each(of: id, in: quarters) { row in
                guard let name = series.feature else {
                    traffic[row.quarter] = row.counts
                    return
                }
                features[row.quarter, default: []].append(
                    LedgerQuarter.Feature(name: name, bins: series.bins, counts: row.counts)
                )
            }
        }
        for quarter in Set(traffic.keys).union(features.keys).sorted() {
            try body(
                LedgerQuarter(
                    model: version.model,
                    version: version.version,
                    quarter: quarter,
                    traffic: traffic[quarter],
                    features: features[quarter] ?? [],
                    coverage: try CoverageRow.find(quarter, database)
                )
            )
        }
        return damaged
    }
}

extension Series {
    /// What series are sorted by: their names' bytes, each raised by one, so that 0 can end a part.
    fileprivate var order: [UInt16] {
        func part(_ bytes: some Sequence<UInt8>) -> [UInt16] { bytes.map { UInt16($0) + 1 } + [0] }
        return part(model.utf8) + part(version.utf8) + (feature.map { [1] + part($0.utf8) } ?? [0])
            + part(bins)
    }

    fileprivate func isOfSameVersion(as other: Series) -> Bool {
        model == other.model && version == other.version
    }
}
