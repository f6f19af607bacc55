// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import Foundation
import GRDB

/// One of the tables of the alerts' file: contents by their keys.
///
/// Contents are JSON, which a person can read in place and whose shortest decimals give back every
/// number exactly.
struct AlertTable<Content: Codable & Sendable>: Sendable {
    /// A row as it was found.
    struct Found {
        /// Its key by SQLite's own quoting.
        let quotedKey: String
        /// What it holds, or why it is not what was written.
        let content: Result<Content, Damage>
    }

    /// Its name.
    let name: String
    /// The key of a content.
    let key: @Sendable (Content) -> AlertRowKey

    /// Every row, by the bytes of the keys.
    ///
    /// - Throws: `Damage` when keys stand out of order, so that some would not be found.
    /// - Complexity: O(bytes).
    func rows(_ database: Database) throws -> [Found] {
        let sql = "SELECT key, checksum, content, quote(key) FROM \(name) ORDER BY key"
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf",
            negativeInfinity: "-inf",
            nan: "nan"
        )
        var found: [Found] = []
        var last: [UInt8]?
        let cursor = try Row.fetchCursor(database, sql: sql)
        while let values = try cursor.next() {
            let row = StoredRow(values, of: name)
            let key = try row.bytes(0)
            if let last, !last.lexicographicallyPrecedes(key) {
                throw Damage(reason: "rows of \(name) stand out of order")
            }
            last = key
            let content = Result { () throws(Damage) in try read(row, key, decoder) }
            found.append(Found(quotedKey: try row.quoted(3), content: content))
        }
        return found
    }

    private func read(
        _ row: StoredRow,
        _ bytes: [UInt8],
        _ decoder: JSONDecoder
    ) throws(Damage) -> Content {
        let json = try row.bytes(2)
        try row.check(1, is: checksum(bytes, json))
        guard let content = try? decoder.decode(Content.self, from: Data(json)) else {
            throw Damage(reason: "a row of \(name) does not hold what this version can read")
        }
        guard key(content).bytes == bytes else {
            throw Damage(reason: "a row of \(name) stands under another's key")
        }
        return content
    }

    /// Writes a row in the place of what it was, or removes it.
    ///
    /// - Returns: By how many the rows are more.
    /// - Complexity: O(bytes + log(rows)).
    func put(_ content: Content?, under key: AlertRowKey, _ database: Database) throws -> Int {
        let delete = try database.cachedStatement(sql: "DELETE FROM \(name) WHERE key = ?")
        try delete.execute(arguments: [Data(key.bytes)])
        let removed = database.changesCount
        guard let content else { return -removed }
        let json = try Self.encode(content)
        let insert = try database.cachedStatement(
            sql: "INSERT INTO \(name) (key, checksum, content) VALUES (?, ?, ?)"
        )
        try insert.execute(arguments: [
            Data(key.bytes), checksum(key.bytes, json).value, Data(json),
        ])
        return 1 - removed
    }

    private func checksum(_ key: [UInt8], _ content: [UInt8]) -> Checksum {
        var checksum = Checksum()
        checksum.add(name)
        checksum.add(key)
        checksum.add(content)
        return checksum
    }

    private static func encode(_ content: Content) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf",
            negativeInfinity: "-inf",
            nan: "nan"
        )
        return [UInt8](try encoder.encode(content))
    }
}

extension AlertTable<Alert> {
    /// The alerts, each in the place that its state has.
    static var alerts: Self {
        AlertTable(name: "alert") { AlertRowKey($0.key, hasEnded: $0.state == .resolved) }
    }
}

extension AlertTable<KeptDelivery> {
    /// What receivers were told.
    static var deliveries: Self {
        AlertTable(name: "delivery") { AlertRowKey($0.key) }
    }
}

extension AlertTable<Silence> {
    /// The silences that were asked for.
    static var silences: Self {
        AlertTable(name: "silence") { AlertRowKey(silence: $0.id) }
    }
}

/// What a receiver was told of a group.
struct KeptDelivery: Sendable, Codable {
    /// Who, and of what.
    let key: DeliveryKey
    /// What.
    let state: DeliveryState
}
