// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import GRDB

/// The one row of the alerts' table `state`: which commit was the last, and how many rows it left.
struct AlertTally: Equatable {
    /// How many commits there were.
    var commits = 0
    /// When the last one was, in Unix seconds.
    var time = 0.0
    /// Rows of the table `alert`.
    var alerts = 0
    /// Rows of the table `delivery`.
    var deliveries = 0
    /// Rows of the table `silence`.
    var silences = 0

    /// Before the first commit.
    init() {}

    /// Reads the row; as before the first commit when there is none.
    ///
    /// - Throws: `Damage` when it is not what was written.
    init(_ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                SELECT commits, time, alerts, deliveries, silences, checksum FROM state WHERE id = 1
                """
        )
        guard let values = try Row.fetchOne(statement) else { return }
        let row = StoredRow(values, of: "state")
        commits = try row.integer(0)
        time = try row.real(1)
        alerts = try row.integer(2)
        deliveries = try row.integer(3)
        silences = try row.integer(4)
        try row.check(5, is: checksum)
    }

    /// Writes the row, in the place of what it was.
    func save(_ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO state
                    (id, commits, time, alerts, deliveries, silences, checksum)
                VALUES (1, ?, ?, ?, ?, ?, ?)
                """
        )
        try statement.execute(arguments: [
            commits, time, alerts, deliveries, silences, checksum.value,
        ])
    }

    private var checksum: Checksum {
        var checksum = Checksum()
        checksum.add(commits)
        checksum.add(time)
        for count in [alerts, deliveries, silences] { checksum.add(count) }
        return checksum
    }
}
