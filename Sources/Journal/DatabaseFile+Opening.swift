// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import GRDB

extension DatabaseFile {
    /// What may be chosen about a file.
    struct Options: Sendable {
        /// The bytes of a log that is copied into the file.
        var checkpointBytes: Int
        /// The most that the file may take, in bytes; `nil` for as much as the disk has.
        var maximumBytes: Int?
        /// The bytes of a page of a file that is made.
        var pageBytes: Int
        /// Whether a file that cannot be trusted is set aside and one that is not there made.
        var replaces = true
    }

    /// A database that is open, and what opening it found.
    struct Opened<Finding> {
        /// The one connection.
        let queue: DatabaseQueue
        /// Where the file that was there is now, and why; `nil` when it is the one that is open.
        var setAside: (path: String, reason: String)?
        /// What the check found.
        let findings: [Finding]
    }

    /// Opens the database, or makes one.
    ///
    /// - Parameters:
    ///   - options: What may be chosen.
    ///   - time: The wall clock, in Unix seconds.
    ///   - check: Looks at the rows, in a transaction that may change them; throws `Damage` when
    ///     nothing in the file can be trusted.
    /// - Returns: The connection, and what was found.
    /// - Throws: `JournalError` when the file can be neither used nor set aside.
    /// - Complexity: O(file): all its pages are checked.
    func connect<Finding>(
        _ options: Options,
        time: Double,
        check: (Database) throws -> [Finding]
    ) throws(JournalError) -> Opened<Finding> {
        var aside: (path: String, reason: String)?
        switch try kind() {
        case .own: break
        case .absent where !options.replaces:
            throw .unusable(path: path, reason: "there is no \(schema.name)")
        case .absent: try create(pageBytes: options.pageBytes)
        case .foreign(let reason):
            guard options.replaces else { throw .unusable(path: path, reason: reason) }
            aside = (try setAside(time: time), reason)
            try create(pageBytes: options.pageBytes)
        }
        var opened: Opened<Finding>
        do {
            opened = try openReadable(options, check)
            opened.setAside = aside
        } catch {
            guard options.replaces, case .corrupt(let reason) = error else { throw error }
            aside = (try setAside(time: time), reason.text)
            try create(pageBytes: options.pageBytes)
            opened = try openOwn(options, check)
            opened.setAside = aside
        }
        return opened
    }

    /// Opens a file that has the right header, and believes that it is damaged only when it can be
    /// read to its end.
    ///
    /// SQLite calls a page damaged that the disk could not read, and a sound file must not be set
    /// aside for a fault of the disk's.
    private func openReadable<Finding>(
        _ options: Options,
        _ check: (Database) throws -> [Finding]
    ) throws(JournalError) -> Opened<Finding> {
        do {
            return try openOwn(options, check)
        } catch .corrupt {
            try readThrough()
            return try openOwn(options, check)
        }
    }

    /// Opens a file that has the right header.
    private func openOwn<Finding>(
        _ options: Options,
        _ check: (Database) throws -> [Finding]
    ) throws(JournalError) -> Opened<Finding> {
        do {
            var configuration = Configuration()
            configuration.label = "kedge.\(schema.name)"
            configuration.busyMode = .timeout(5)
            configuration.foreignKeysEnabled = false
            let queue = try DatabaseQueue(path: connectionPath, configuration: configuration)
            try queue.writeWithoutTransaction { try prepare($0, options) }
            try queue.read { database in
                guard try !schema.migrator.hasBeenSuperseded(database) else {
                    throw Damage(reason: newer(schema.version + 1))
                }
            }
            try schema.migrator.migrate(queue)
            let findings = try queue.write(check)
            try queue.writeWithoutTransaction { _ = try $0.checkpoint(.passive) }
            return Opened(queue: queue, findings: findings)
        } catch let error as DatabaseError where Self.tellsOfOtherTables(error) {
            let damage = Damage(reason: "its tables are not those of its version: \(error)")
            throw JournalError(damage, of: schema.name)
        } catch {
            throw JournalError(error, of: schema.name)
        }
    }

    /// Whether SQLite does not take what it takes of a sound file.
    private static func tellsOfOtherTables(_ error: DatabaseError) -> Bool {
        [.SQLITE_ERROR, .SQLITE_CONSTRAINT, .SQLITE_MISMATCH].contains(error.resultCode)
    }

    /// Sets what belongs to a connection, and reads back what durability hangs on.
    private func prepare(_ database: Database, _ options: Options) throws {
        try database.execute(
            sql: """
                PRAGMA trusted_schema = OFF;
                PRAGMA cell_size_check = ON;
                PRAGMA mmap_size = 0;
                PRAGMA secure_delete = OFF;
                PRAGMA wal_autocheckpoint = 0;
                PRAGMA journal_size_limit = \(2 * options.checkpointBytes);
                """
        )
        let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL")
        guard mode == "wal" else {
            throw JournalError.notDurable(setting: "journal_mode", found: mode ?? "unknown")
        }
        try database.execute(sql: "PRAGMA synchronous = FULL")
        let level = try Int.fetchOne(database, sql: "PRAGMA synchronous")
        guard level == 2 else {
            throw JournalError.notDurable(
                setting: "synchronous",
                found: level.map(String.init) ?? "unknown"
            )
        }
        if let bytes = options.maximumBytes {
            let page = try Int.fetchOne(database, sql: "PRAGMA page_size") ?? options.pageBytes
            try database.execute(sql: "PRAGMA max_page_count = \(max(1, bytes / page))")
        }
    }
}
