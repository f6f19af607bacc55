// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Glibc

/// What can be read of a journal, beside the process that writes it or without one.
package struct JournalReader: Sendable {
    /// The file.
    package let path: String
    let queue: DatabaseQueue

    /// Reads with a store's own connection.
    init(_ store: JournalStore) {
        path = store.path
        queue = store.queue
    }

    /// Opens a journal for reading only: nothing is made, moved or changed.
    ///
    /// - Parameter path: The file, `JournalStore.fileName` in the state directory.
    /// - Throws: `JournalError.unusable` when there is no journal that this version can read.
    package init(reading path: String) throws(JournalError) {
        let file = DatabaseFile(path: path, schema: JournalSchema.file)
        switch try file.kind() {
        case .absent: throw .unusable(path: path, reason: "there is no journal")
        case .foreign(let reason): throw .unusable(path: path, reason: reason)
        case .own: break
        }
        do {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(5)
            let queue = try DatabaseQueue(path: file.readingPath, configuration: configuration)
            try queue.read { database in
                try database.execute(sql: "PRAGMA trusted_schema = OFF")
                let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
                guard version <= JournalSchema.version else {
                    throw JournalError.unusable(path: path, reason: file.newer(version))
                }
            }
            self.queue = queue
        } catch {
            throw JournalError(error)
        }
        self.path = path
    }

    /// The last commit that took effect; `nil` before the first.
    package func lastCommit() throws(JournalError) -> LastCommit? {
        try read { try LastCommit($0) }
    }

    /// The monitors of which something is kept, by model, version and digest.
    package func monitors() throws(JournalError) -> [KeptMonitor] {
        try read { database in
            try MonitorRow.all(database).compactMap { try? $0.row.get() }
                .map { try KeptMonitor($0, database) }
                .sorted { $0.order.lexicographicallyPrecedes($1.order) }
        }
    }

    /// Every session, by name.
    ///
    /// - Throws: `JournalError.corrupt` when one is damaged; opening a store moves those aside.
    package func sessions() throws(JournalError) -> [SessionProgress] {
        try read { database in
            try SessionRow.all(database).map { try $0.1.get() }
        }
    }

    /// Reads in one transaction.
    func read<T>(_ body: (Database) throws -> T) throws(JournalError) -> T {
        do { return try queue.read(body) } catch { throw JournalError(error) }
    }
}

extension DatabaseFile {
    /// The path for a connection that must not make files.
    ///
    /// Without a log and its index nobody has the journal open, and SQLite would make them to read;
    /// told that the file does not change (`immutable`) it reads the file alone.
    fileprivate var readingPath: String {
        let hasIndex = unsafe access(path + "-shm", F_OK) == 0
        if sizes.log > 0 || hasIndex { return connectionPath }
        let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed)
        return "file:\(escaped ?? path)?immutable=1"
    }
}
