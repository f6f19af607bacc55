// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftMonitor
import GRDB

/// What the journal keeps of a monitor, without its content.
package struct KeptMonitor: Sendable, Equatable {
    /// The monitor.
    package let key: MonitorKey
    /// The layout of what is kept.
    package let layout: String
    /// Where its clock stands.
    package let clock: StoredClock
    /// Rows counted since it began.
    package let totalRows: UInt64
    /// When a record last came, in Unix seconds.
    package let lastRecord: Double
    /// How many panes are kept.
    package let panes: Int
    /// How many batches of rows are kept.
    package let batches: Int
    /// Bytes of both.
    package let bytes: Int

    init(_ row: MonitorRow, _ database: Database) throws {
        key = row.key
        layout = row.layout
        clock = row.clock
        totalRows = row.totalRows
        lastRecord = row.lastRecord
        panes = row.panes
        batches = row.batches
        let sql = """
            SELECT (SELECT coalesce(sum(length(counts)), 0) FROM pane WHERE monitor = ?1)
                + (SELECT coalesce(sum(length(segments)), 0) FROM batch WHERE monitor = ?1)
            """
        bytes = try Int.fetchOne(database, sql: sql, arguments: [row.id]) ?? 0
    }

    /// What monitors are sorted by: their names' bytes.
    var order: [UInt8] {
        [key.model, key.version, key.digest].flatMap { Array($0.utf8) + [0] }
    }
}
