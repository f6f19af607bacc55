// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import GRDB

/// What the file of the alerts holds, version by version.
///
/// No table has a secondary index. Every row has the checksum of its key and its content.
enum AlertSchema {
    /// The alerts' file among the databases; its application id is `kedA` in ASCII.
    static var file: DatabaseSchema {
        DatabaseSchema(
            name: "alert store",
            applicationID: 0x6B65_6441,
            version: 1,
            migrator: migrator
        )
    }

    /// The way from every released version to the newest; a step is never changed any more.
    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("v1") { database in
            try database.execute(sql: first)
            try database.execute(sql: "PRAGMA user_version = 1")
        }
        return migrator
    }

    /// The tables of version 1.
    ///
    /// Keys are `AlertRowKey`s, contents JSON in UTF-8. `state` has one row, which knows how many
    /// the others are, so that one that is gone is noticed. `refused` holds rows that did not match
    /// their checksums, as SQL literals.
    private static let first = """
        CREATE TABLE state (
            id INTEGER PRIMARY KEY, commits INTEGER NOT NULL, time REAL NOT NULL,
            alerts INTEGER NOT NULL, deliveries INTEGER NOT NULL, silences INTEGER NOT NULL,
            checksum INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE alert (
            key BLOB NOT NULL PRIMARY KEY, checksum INTEGER NOT NULL, content BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE delivery (
            key BLOB NOT NULL PRIMARY KEY, checksum INTEGER NOT NULL, content BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE silence (
            key BLOB NOT NULL PRIMARY KEY, checksum INTEGER NOT NULL, content BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE refused (
            id INTEGER PRIMARY KEY, time REAL NOT NULL, source TEXT NOT NULL,
            reason TEXT NOT NULL, content TEXT NOT NULL
        ) STRICT;
        """
}
