// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import GRDB

/// The one row of the table `state`: which commit was the last.
package struct LastCommit: Sendable, Equatable {
    /// How many commits there were.
    package let number: Int
    /// The arrival clock of the last one, in Unix seconds.
    package let time: Double

    /// Reads the row; `nil` before the first commit.
    ///
    /// - Throws: `Damage` when it is not what was written.
    init?(_ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "SELECT commits, time, checksum FROM state WHERE id = 1"
        )
        guard let values = try Row.fetchOne(statement) else { return nil }
        let row = StoredRow(values, of: "state")
        number = try row.integer(0)
        time = try row.real(1)
        try row.check(2, is: checksum)
    }

    /// Names a commit.
    init(number: Int, time: Double) {
        self.number = number
        self.time = time
    }

    /// Writes the row, in the place of what it was.
    func save(_ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO state (id, commits, time, checksum) VALUES (1, ?, ?, ?)"
        )
        try statement.execute(arguments: [number, time, checksum.value])
    }

    private var checksum: Checksum {
        var checksum = Checksum()
        checksum.add(number)
        checksum.add(time)
        return checksum
    }
}
