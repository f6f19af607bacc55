// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftMonitor
import GRDB

extension JournalStore {
    /// The last commit that took effect; `nil` before the first.
    package func lastCommit() throws(JournalError) -> LastCommit? {
        try read { try LastCommit($0) }
    }

    /// What is kept of a monitor.
    ///
    /// Every row is compared with its checksum. When one is damaged or gone, everything kept of the
    /// monitor is moved to the table `refused`, so that it can begin anew; this needs the thread
    /// that commits.
    ///
    /// - Parameters:
    ///   - key: The monitor.
    ///   - layout: The layout that its changes have now.
    ///   - cellCount: Cells of all features of its reference.
    /// - Returns: `nil` when nothing is kept, or under another layout.
    /// - Throws: `JournalError.refused` when it was damaged; others when reading fails.
    /// - Complexity: O(bytes kept).
    package func loadMonitor(
        _ key: MonitorKey,
        layout: String,
        cellCount: Int
    ) throws(JournalError) -> StoredMonitor? {
        do {
            return try queue.read { database in
                guard let row = try MonitorRow.find(key, database), row.layout == layout else {
                    return nil
                }
                return try load(row, cellCount: cellCount, database)
            }
        } catch let damage as Damage {
            try refuse(key, reason: damage.reason)
            throw .refused(key, reason: damage.reason)
        } catch {
            throw JournalError(error)
        }
    }

    /// The monitors of which something is kept, by model, version and digest.
    package func monitors() throws(JournalError) -> [KeptMonitor] {
        try read { database in
            try MonitorRow.all(database).compactMap { try? $0.row.get() }
                .map { try KeptMonitor($0, database) }
                .sorted { $0.order.lexicographicallyPrecedes($1.order) }
        }
    }

    /// Every session, by name.
    package func sessions() throws(JournalError) -> [SessionProgress] {
        try read { database in
            try SessionRow.all(database).map { try $0.1.get() }
        }
    }

    private func load(
        _ row: MonitorRow,
        cellCount: Int,
        _ database: Database
    ) throws -> StoredMonitor {
        let panes = try PaneRow.all(of: row.id, cellCount: cellCount, database)
        let segments = try BatchRow.all(of: row.id, database)
        guard panes.count == row.panes, segments.count == row.batches else {
            throw Damage(
                reason: """
                    \(panes.count) of \(row.panes) panes and \(segments.count) of \(row.batches) \
                    batches are left
                    """
            )
        }
        return StoredMonitor(
            clock: row.clock,
            totalRows: row.totalRows,
            lastRecord: row.lastRecord,
            panes: panes,
            segments: segments
        )
    }

    private func refuse(_ key: MonitorKey, reason: String) throws(JournalError) {
        do {
            try queue.write { database in
                let time = try LastCommit(database)?.time ?? 0
                guard let row = try MonitorRow.find(key, database) else { return }
                try RefusedRows(time: time, reason: reason).moveMonitor(Int64(row.id), database)
            }
        } catch { throw JournalError(error) }
    }
}

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
