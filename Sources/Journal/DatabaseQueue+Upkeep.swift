// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import GRDB
import GRDBSQLite

extension DatabaseQueue {
    /// Copies the log into the file when it has grown large.
    ///
    /// Somebody else who is reading makes it copy less, not wait.
    ///
    /// - Returns: Whether it did.
    /// - Throws: What SQLite does.
    func checkpoint(beyond bytes: Int, pageBytes: Int) throws -> Bool {
        try writeWithoutTransaction { database in
            guard database.logPages() >= bytes / pageBytes else { return false }
            try database.checkpoint(.passive)
            _ = database.logPages(reset: true)
            return true
        }
    }

    /// Gives pages that are free back to the file system once a quarter of the file is free.
    ///
    /// - Parameter pages: Up to so many free ones stay.
    /// - Returns: How many.
    /// - Throws: What SQLite does.
    func reclaim(beyond pages: Int) throws -> Int {
        try writeWithoutTransaction { database in
            let count = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            let free = try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
            guard free > pages, free * 4 > count else { return 0 }
            // Half of them stay: the next commits need pages again.
            try database.execute(sql: "PRAGMA incremental_vacuum(\(free / 2))")
            return free / 2
        }
    }
}

extension Database {
    /// The pages that this connection has written since the last reset.
    fileprivate func logPages(reset: Bool = false) -> Int {
        var pages: Int32 = 0
        var highest: Int32 = 0
        // The connection is open while a closure that was given the database runs, and SQLite
        // writes two numbers.
        let code = unsafe sqlite3_db_status(
            sqliteConnection,
            SQLITE_DBSTATUS_CACHE_WRITE,
            &pages,
            &highest,
            reset ? 1 : 0
        )
        return code == SQLITE_OK ? Int(pages) : .max
    }
}
