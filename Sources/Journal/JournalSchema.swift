// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import GRDB

/// What the file holds, version by version.
///
/// No table has a secondary index: what a damaged one hides would be missed without a word. Every
/// row ends in the checksum of what stands before.
enum JournalSchema {
    /// `kedg` in ASCII: what tells this file from others' (PRAGMA application_id).
    static let applicationID = 0x6B65_6467
    /// The newest version (PRAGMA user_version), the number of the last migration.
    static let version = 1

    /// The journal among the databases.
    static var file: DatabaseSchema {
        DatabaseSchema(
            name: "journal",
            applicationID: applicationID,
            version: version,
            migrator: migrator
        )
    }

    /// The way from every released version to the newest; a step is never changed any more.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("v1") { database in
            try database.execute(sql: first)
            try database.execute(sql: "PRAGMA user_version = 1")
        }
        return migrator
    }

    /// The tables of version 1.
    ///
    /// Names are BLOBs of UTF-8: SQLite's TEXT ends at a NUL, which JSON can write. A monitor's panes
    /// and batches are rows of its `id`; their numbers are kept with it, so that a row that is gone
    /// is noticed. A `series` is a feature's counts over time; the one of a model version without
    /// feature counts rows, late records and invalid values. `refused` holds rows that did not match
    /// their checksums, as SQL literals.
    private static let first = """
        CREATE TABLE state (
            id INTEGER PRIMARY KEY, commits INTEGER NOT NULL, time REAL NOT NULL,
            checksum INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE monitor (
            id INTEGER PRIMARY KEY, model BLOB NOT NULL, version BLOB NOT NULL,
            digest BLOB NOT NULL, layout BLOB NOT NULL, clock_pane INTEGER NOT NULL,
            clock_time REAL NOT NULL, clock_mark INTEGER NOT NULL, total_rows INTEGER NOT NULL,
            last_record REAL NOT NULL, panes INTEGER NOT NULL, batches INTEGER NOT NULL,
            checksum INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE pane (
            monitor INTEGER NOT NULL, multiple INTEGER NOT NULL, number INTEGER NOT NULL,
            rows INTEGER NOT NULL, checksum INTEGER NOT NULL, counts BLOB NOT NULL,
            PRIMARY KEY (monitor, multiple, number)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE batch (
            monitor INTEGER NOT NULL, number INTEGER NOT NULL, last_ordinal INTEGER NOT NULL,
            mark INTEGER NOT NULL, rows INTEGER NOT NULL, checksum INTEGER NOT NULL,
            segments BLOB NOT NULL,
            PRIMARY KEY (monitor, number)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE session (
            name BLOB NOT NULL PRIMARY KEY, producer BLOB NOT NULL, decided INTEGER NOT NULL,
            dropped INTEGER NOT NULL, last_heard REAL NOT NULL, checksum INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE series (
            id INTEGER PRIMARY KEY, model BLOB NOT NULL, version BLOB NOT NULL, feature BLOB,
            bins BLOB NOT NULL, checksum INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE ledger (
            series INTEGER NOT NULL, quarter INTEGER NOT NULL, checksum INTEGER NOT NULL,
            counts BLOB NOT NULL,
            PRIMARY KEY (series, quarter)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE coverage (
            quarter INTEGER PRIMARY KEY, seconds REAL NOT NULL, dropped INTEGER NOT NULL,
            checksum INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE refused (
            id INTEGER PRIMARY KEY, time REAL NOT NULL, source TEXT NOT NULL,
            reason TEXT NOT NULL, content TEXT NOT NULL
        ) STRICT;
        """
}
