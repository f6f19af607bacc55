// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftMonitor
import GRDB

extension JournalStore {
    /// Forgets the windows of monitors that nobody watches any more; their ledger stays.
    ///
    /// From the thread that commits, after a commit that holds everything the watched ones were.
    ///
    /// - Parameters:
    ///   - watched: The monitors to be kept whatever their age.
    ///   - time: Others are forgotten if their last record came before, in Unix seconds.
    /// - Returns: Those that are forgotten, in no order.
    /// - Throws: `JournalError`; then nothing is forgotten.
    /// - Complexity: O(monitors + what is forgotten).
    @discardableResult
    package func forgetMonitors(
        but watched: Set<MonitorKey>,
        before time: Double
    ) throws(JournalError) -> [MonitorKey] {
        do {
            return try queue.write { database in
                var forgotten: [MonitorKey] = []
                for (_, row) in try MonitorRow.all(database) {
                    // One that is damaged is moved aside when it is asked for, or at the start.
                    guard case .success(let row) = row, row.lastRecord < time,
                        !watched.contains(row.key)
                    else { continue }
                    try row.delete(database)
                    forgotten.append(row.key)
                }
                return forgotten
            }
        } catch { throw JournalError(error) }
    }
}
