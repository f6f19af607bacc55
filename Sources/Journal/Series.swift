// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Crypto
import DriftMonitor
import Foundation
import GRDB
import Synchronization

/// What the ledger counts over time: a feature of a model version under certain bins, or, without
/// a feature, the version's rows, late records and invalid values.
struct Series: Hashable {
    let model: String
    let version: String
    let feature: String?
    /// SHA-256 of what the bins are; empty without a feature.
    let bins: [UInt8]

    /// The series of a feature.
    init(_ key: MonitorKey, _ feature: LedgerFeature) {
        model = key.model
        version = key.version
        self.feature = feature.name
        bins = Array(SHA256.hash(data: feature.bins))
    }

    /// The series of a model version's traffic.
    init(trafficOf key: MonitorKey) {
        model = key.model
        version = key.version
        feature = nil
        bins = []
    }

    private init(_ row: StoredRow, id: Int) throws(Damage) {
        model = try row.text(1)
        version = try row.text(2)
        feature = try row.optionalText(3)
        bins = try row.bytes(4)
        try row.check(5, is: checksum(id: id))
    }

    private func checksum(id: Int) -> Checksum {
        var checksum = Checksum()
        checksum.add(id)
        checksum.add(model)
        checksum.add(version)
        checksum.add(feature == nil ? 0 : 1)
        checksum.add(feature ?? "")
        checksum.add(bins)
        return checksum
    }

    /// Every series by its number, as it was read or as it was not.
    static func all(_ database: Database) throws -> [Int: Result<Series, Damage>] {
        let sql = "SELECT id, model, version, feature, bins, checksum FROM series ORDER BY id"
        var series: [Int: Result<Series, Damage>] = [:]
        for values in try Row.fetchAll(database, sql: sql) {
            let row = StoredRow(values, of: "series")
            let id = try row.integer(0)
            series[id] = Result { () throws(Damage) in try Series(row, id: id) }
        }
        return series
    }

    /// Every series that is not damaged, by its number.
    static func whole(_ database: Database) throws -> [Int: Series] {
        try all(database).compactMapValues { try? $0.get() }
    }

    /// Writes the series under a number that no other has, nor counts whose series is gone.
    func insert(_ database: Database) throws -> Int {
        let highest = """
            SELECT max((SELECT coalesce(max(id), 0) FROM series),
                (SELECT coalesce(max(series), 0) FROM ledger))
            """
        let id = (try Int.fetchOne(database, sql: highest) ?? 0) + 1
        try database.execute(
            sql: """
                INSERT INTO series (id, model, version, feature, bins, checksum)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                id, model.stored, version.stored, feature?.stored, Data(bins),
                checksum(id: id).value,
            ]
        )
        return id
    }
}

/// The numbers of the series, as the file has them: a commit asks for all of a monitor's.
final class SeriesNames: Sendable {
    private let ids = Mutex<[Series: Int]?>(nil)

    /// The number of a series, which is given one when it has none.
    func id(of series: Series, _ database: Database) throws -> Int {
        try ids.withLock { ids in
            var known = try ids ?? Self.read(database)
            let id = try known[series] ?? series.insert(database)
            known[series] = id
            ids = known
            return id
        }
    }

    /// Forgets the numbers: a transaction that gave some was rolled back, or has removed some.
    func forget() {
        ids.withLock { $0 = nil }
    }

    private static func read(_ database: Database) throws -> [Series: Int] {
        Dictionary(try Series.whole(database).map { ($0.value, $0.key) }) { min($0, $1) }
    }
}
