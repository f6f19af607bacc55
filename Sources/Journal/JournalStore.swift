// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import GRDB
import GRDBSQLite

/// What survives a restart: panes, batches of rows, sessions and the ledger, in one SQLite file.
///
/// Every call blocks the calling thread. `commit`, `checkpointIfLarge` and `reclaim` are made from
/// one thread; reading may come from any and waits for the call that is running. A value that has
/// thrown may go on: SQLite has rolled back, and after `isWorthRetrying` errors the same commit may
/// be tried again, or the file opened anew to see by `lastCommit` whether it took effect.
package final class JournalStore: Sendable {
    /// The name of the file in the state directory.
    package static let fileName = "kedge.sqlite"

    /// What may be chosen about the file.
    package struct Options: Sendable {
        /// For how long quarters stay in the ledger, in seconds.
        package var history = 56 * 86_400
        /// The bytes of the ledger's rows at most, beyond which the oldest quarters go; `nil` for
        /// as many as there are.
        package var historyBytes: Int?
        /// The bytes of a log that `checkpointIfLarge` copies into the file.
        package var checkpointBytes = 4 << 20
        /// The most that the file may take, in bytes; `nil` for as much as the disk has.
        package var maximumBytes: Int?
        /// The bytes of a page of a file that is made.
        package var pageBytes = 4_096
        /// Whether a file that cannot be trusted is set aside and one that is not there made;
        /// otherwise both are errors.
        package var replaces = true

        /// The defaults.
        package init() {}
    }

    /// Where the file is.
    package let path: String
    /// What was put aside when the file was opened.
    package let events: [JournalEvent]
    /// What was chosen.
    package let options: Options
    let queue: DatabaseQueue
    let names = SeriesNames()

    /// Opens the journal, or makes one.
    ///
    /// A file that is no journal, of a newer version or damaged is renamed to
    /// `<path>.set-aside-<UTC time>` and a fresh one made; `events` says so. Only the process that
    /// holds the state directory's lock may do this.
    ///
    /// - Parameters:
    ///   - path: The file, `fileName` in the state directory.
    ///   - time: The wall clock, in Unix seconds.
    ///   - options: What may be chosen.
    /// - Throws: `JournalError` when the file can be neither used nor set aside.
    /// - Complexity: O(file): all its pages are checked.
    package init(
        path: String,
        time: Double,
        options: Options = Options()
    ) throws(JournalError) {
        let file = JournalFile(path: path)
        var events: [JournalEvent] = []
        switch try file.kind() {
        case .journal: break
        case .absent where !options.replaces:
            throw .unusable(path: path, reason: "there is no journal")
        case .absent: try file.create(pageBytes: options.pageBytes)
        case .foreign(let reason):
            guard options.replaces else { throw .unusable(path: path, reason: reason) }
            events.append(.setAside(path: try file.setAside(time: time), reason: reason))
            try file.create(pageBytes: options.pageBytes)
        }
        do {
            queue = try Self.openReadable(file, options, time: time, &events)
        } catch {
            guard options.replaces, case .corrupt(let reason) = error else { throw error }
            events = [.setAside(path: try file.setAside(time: time), reason: reason.text)]
            try file.create(pageBytes: options.pageBytes)
            queue = try Self.open(file, options, time: time, &events)
        }
        self.path = path
        self.events = events
        self.options = options
    }

    /// Opens a file that has a journal's header, and believes that it is damaged only when it can
    /// be read to its end.
    ///
    /// SQLite calls a page damaged that the disk could not read, and a sound file must not be set
    /// aside for a fault of the disk's.
    private static func openReadable(
        _ file: JournalFile,
        _ options: Options,
        time: Double,
        _ events: inout [JournalEvent]
    ) throws(JournalError) -> DatabaseQueue {
        do {
            return try open(file, options, time: time, &events)
        } catch .corrupt {
            events = []
            try file.readThrough()
            return try open(file, options, time: time, &events)
        }
    }

    /// Opens a file that has a journal's header.
    private static func open(
        _ file: JournalFile,
        _ options: Options,
        time: Double,
        _ events: inout [JournalEvent]
    ) throws(JournalError) -> DatabaseQueue {
        do {
            var configuration = Configuration()
            configuration.label = "kedge.journal"
            configuration.busyMode = .timeout(5)
            configuration.foreignKeysEnabled = false
            let queue = try DatabaseQueue(path: file.connectionPath, configuration: configuration)
            try queue.writeWithoutTransaction { database in
                try Self.prepare(database, options)
            }
            try queue.read { database in
                guard try !JournalSchema.migrator.hasBeenSuperseded(database) else {
                    throw Damage(reason: JournalFile.newer(JournalSchema.version + 1))
                }
            }
            try JournalSchema.migrator.migrate(queue)
            try queue.write { database in
                events += try JournalCheck(time: time).run(database)
            }
            try queue.writeWithoutTransaction { _ = try $0.checkpoint(.passive) }
            return queue
        } catch {
            throw JournalError(error)
        }
    }

    /// Sets what belongs to a connection, and reads back what durability hangs on.
    private static func prepare(_ database: Database, _ options: Options) throws {
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

    /// The bytes that a journal and its log take on the disk; 0 when there is none.
    package static func bytes(of path: String) -> Int {
        let sizes = JournalFile(path: path).sizes
        return sizes.file + sizes.log
    }

    /// How SQLite syncs, as it says itself; 2 is FULL.
    package func synchronousLevel() throws(JournalError) -> Int {
        try read { try Int.fetchOne($0, sql: "PRAGMA synchronous") ?? -1 }
    }

    /// Copies the log into the file when it has grown large.
    ///
    /// Called after the acknowledgements of a commit were answered, since it waits for the disk.
    /// Somebody else who is reading makes it copy less, not wait.
    ///
    /// - Returns: Whether it did.
    @discardableResult
    package func checkpointIfLarge() throws(JournalError) -> Bool {
        do {
            return try queue.writeWithoutTransaction { database in
                guard logBytes(database) >= options.checkpointBytes else { return false }
                try database.checkpoint(.passive)
                _ = logBytes(database, reset: true)
                return true
            }
        } catch { throw JournalError(error) }
    }

    /// Gives pages that are free back to the file system once a quarter of the file is free.
    ///
    /// - Returns: How many.
    @discardableResult
    package func reclaim() throws(JournalError) -> Int {
        do {
            return try queue.writeWithoutTransaction { database in
                let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
                let free = try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
                guard free > 1_024, free * 4 > pages else { return 0 }
                // Half of them stay: the next commits need pages again.
                try database.execute(sql: "PRAGMA incremental_vacuum(\(free / 2))")
                return free / 2
            }
        } catch { throw JournalError(error) }
    }

    /// Rewrites the file without what is free in it, and copies the log into it.
    ///
    /// - Parameter history: Removes what is older from the ledger, in seconds; `nil` for nothing.
    /// - Throws: `JournalError.busy` when somebody else is reading.
    /// - Complexity: O(file), and as much room on the disk meanwhile.
    package func compact(history: Int?) throws(JournalError) {
        do {
            if let history {
                try queue.write { _ = try LedgerHistory(seconds: history).prune($0) }
                names.forget()
            }
            try queue.writeWithoutTransaction { database in
                try database.execute(sql: "VACUUM")
                _ = try database.checkpoint(.truncate)
            }
        } catch { throw JournalError(error) }
    }

    /// Copies the log into the file and closes it; no other call may follow.
    package func close() throws(JournalError) {
        do { try queue.close() } catch { throw JournalError(error) }
    }

    /// Reads in one transaction.
    func read<T>(_ body: (Database) throws -> T) throws(JournalError) -> T {
        do { return try queue.read(body) } catch { throw JournalError(error) }
    }

    /// The bytes of pages that this connection has written since the last reset.
    private func logBytes(_ database: Database, reset: Bool = false) -> Int {
        var pages: Int32 = 0
        var highest: Int32 = 0
        // The connection is open while the closure that was given `database` runs, and SQLite
        // writes two numbers.
        let code = unsafe sqlite3_db_status(
            database.sqliteConnection,
            SQLITE_DBSTATUS_CACHE_WRITE,
            &pages,
            &highest,
            reset ? 1 : 0
        )
        return code == SQLITE_OK ? Int(pages) * options.pageBytes : .max
    }
}
