// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import GRDB

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

        var file: DatabaseFile.Options {
            DatabaseFile.Options(
                checkpointBytes: checkpointBytes,
                maximumBytes: maximumBytes,
                pageBytes: pageBytes,
                replaces: replaces
            )
        }
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
        let file = DatabaseFile(path: path, schema: JournalSchema.file)
        let opened = try file.connect(options.file, time: time) { database in
            try JournalCheck(time: time).run(database)
        }
        let setAside = opened.setAside.map { aside in
            JournalEvent.setAside(path: aside.path, reason: aside.reason)
        }
        queue = opened.queue
        events = [setAside].compactMap(\.self) + opened.findings
        self.path = path
        self.options = options
    }

    /// The bytes that a journal and its log take on the disk; 0 when there is none.
    package static func bytes(of path: String) -> Int {
        let sizes = DatabaseFile(path: path, schema: JournalSchema.file).sizes
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
            return try queue.checkpoint(
                beyond: options.checkpointBytes,
                pageBytes: options.pageBytes
            )
        } catch { throw JournalError(error) }
    }

    /// Gives pages that are free back to the file system once a quarter of the file is free.
    ///
    /// - Returns: How many.
    @discardableResult
    package func reclaim() throws(JournalError) -> Int {
        do { return try queue.reclaim(beyond: 1_024) } catch { throw JournalError(error) }
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
}
