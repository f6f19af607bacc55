// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import GRDB

/// A row of the table `session`.
enum SessionRow {
    /// Every row, as it was read or as it was not; its name by SQLite's own quoting.
    static func all(
        _ database: Database
    ) throws -> [(quoted: String, Result<SessionProgress, Damage>)] {
        let sql = """
            SELECT name, producer, decided, dropped, last_heard, checksum, quote(name) FROM session
            ORDER BY name
            """
        return try Row.fetchAll(database, sql: sql).map { values in
            let row = StoredRow(values, of: "session")
            return (try row.quoted(6), Result { () throws(Damage) in try read(row) })
        }
    }

    /// Writes a session, in the place of what it was.
    static func save(_ session: SessionProgress, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO session
                    (name, producer, decided, dropped, last_heard, checksum)
                VALUES (?, ?, ?, ?, ?, ?)
                """
        )
        try statement.execute(arguments: [
            session.session.stored, session.producer.stored, session.decided.stored,
            session.dropped.stored, session.lastHeard, checksum(of: session).value,
        ])
    }

    /// Forgets a session.
    static func delete(_ session: String, _ database: Database) throws {
        try database.cachedStatement(sql: "DELETE FROM session WHERE name = ?")
            .execute(arguments: [session.stored])
    }

    private static func read(_ row: StoredRow) throws(Damage) -> SessionProgress {
        let session = SessionProgress(
            session: try row.text(0),
            producer: try row.text(1),
            decided: try row.unsigned(2),
            dropped: try row.unsigned(3),
            lastHeard: try row.real(4)
        )
        try row.check(5, is: checksum(of: session))
        return session
    }

    private static func checksum(of session: SessionProgress) -> Checksum {
        var checksum = Checksum()
        checksum.add(session.session)
        checksum.add(session.producer)
        checksum.add(session.decided)
        checksum.add(session.dropped)
        checksum.add(session.lastHeard)
        return checksum
    }
}
