// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftMonitor
import GRDB

extension JournalStore {
    /// What can be read without changing anything, with this store's connection.
    package var reader: JournalReader { JournalReader(self) }

    /// The last commit that took effect; `nil` before the first.
    package func lastCommit() throws(JournalError) -> LastCommit? { try reader.lastCommit() }

    /// The monitors of which something is kept, by model, version and digest.
    package func monitors() throws(JournalError) -> [KeptMonitor] { try reader.monitors() }

    /// Every session, by name.
    package func sessions() throws(JournalError) -> [SessionProgress] { try reader.sessions() }

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
