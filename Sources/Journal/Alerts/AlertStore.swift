// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Alerting
import GRDB

/// What survives a restart of alerts, deliveries and silences, in a SQLite file of its own: a
/// notification never waits behind the journal's commits, and damage in one file leaves the other.
///
/// Every call blocks the calling thread, and waits for the call that is running. A value that has
/// thrown may go on: SQLite has rolled back. Rows are states, not changes of them, so that a commit
/// of which nobody knows whether it took effect may be made again.
package final class AlertStore: Sendable {
    /// The name of the file in the state directory.
    package static let fileName = "alerts.sqlite"

    /// What may be chosen about the file.
    package struct Options: Sendable {
        /// The bytes of a log that a commit copies into the file.
        package var checkpointBytes = 512 << 10
        /// The most that the file may take, in bytes; `nil` for as much as the disk has.
        package var maximumBytes: Int?
        /// The bytes of a page of a file that is made: a quarter of it holds an alert, whose row
        /// would take a page of its own otherwise.
        package var pageBytes = 8_192

        /// The defaults.
        package init() {}
    }

    /// Pages that stay in the file though they are free.
    private static let freePages = 32

    /// What was put aside when the file was opened.
    package let events: [AlertStoreEvent]
    private let options: Options
    private let queue: DatabaseQueue

    /// Opens the file, or makes one.
    ///
    /// One that is another's, of a newer version or damaged is renamed to
    /// `<path>.set-aside-<UTC time>` and a fresh one made; rows that are not what was written are
    /// moved to the table `refused`. `events` says so. Only the process that holds the state
    /// directory's lock may do this.
    ///
    /// - Parameters:
    ///   - path: The file, `fileName` in the state directory.
    ///   - time: The wall clock, in Unix seconds.
    ///   - options: What may be chosen.
    /// - Throws: `JournalError` when the file can be neither used nor set aside.
    /// - Complexity: O(file): every page and row is checked.
    package init(
        path: String,
        time: Double,
        options: Options = Options()
    ) throws(JournalError) {
        let file = DatabaseFile(path: path, schema: AlertSchema.file)
        let chosen = DatabaseFile.Options(
            checkpointBytes: options.checkpointBytes,
            maximumBytes: options.maximumBytes,
            pageBytes: options.pageBytes
        )
        let opened = try file.connect(chosen, time: time) { database in
            try AlertCheck(time: time).run(database)
        }
        let setAside = opened.setAside.map { aside in
            AlertStoreEvent.setAside(path: aside.path, reason: aside.reason)
        }
        queue = opened.queue
        events = [setAside].compactMap(\.self) + opened.findings
        self.options = options
    }

    /// What is kept: in each table by the bytes of the keys.
    ///
    /// - Throws: `JournalError.corrupt` when a row was damaged since the file was opened; opening
    ///   it anew moves that one aside.
    /// - Complexity: O(bytes kept).
    package func load() throws(JournalError) -> KeptAlerts {
        do {
            return try queue.read { database in
                var kept = KeptAlerts()
                kept.alerts = try AlertTable.alerts.rows(database).map { try $0.content.get() }
                kept.deliveries = try AlertTable.deliveries.rows(database).map { row in
                    let delivery = try row.content.get()
                    return (delivery.key, delivery.state)
                }
                kept.silences = try AlertTable.silences.rows(database).map { try $0.content.get() }
                return kept
            }
        } catch { throw JournalError(error, of: AlertSchema.file.name) }
    }

    /// Keeps changes, together or not at all: they are on the disk when this returns.
    ///
    /// - Parameters:
    ///   - changes: Rows as they stand now, and those that are gone.
    ///   - time: The wall clock, in Unix seconds.
    /// - Throws: `JournalError`; then nothing is kept, or after an error at the very end perhaps
    ///   everything.
    /// - Complexity: O(bytes of the changes + rows changed × log(rows)).
    package func commit(_ changes: AlertChanges, time: Double) throws(JournalError) {
        do {
            try queue.write { database in
                var tally = try AlertTally(database)
                for (slot, alert) in changes.alerts {
                    let key = AlertRowKey(slot.key, hasEnded: slot.hasEnded)
                    tally.alerts += try AlertTable.alerts.put(alert, under: key, database)
                }
                for (key, state) in changes.deliveries {
                    let delivery = state.map { KeptDelivery(key: key, state: $0) }
                    tally.deliveries += try AlertTable.deliveries
                        .put(delivery, under: AlertRowKey(key), database)
                }
                for (id, silence) in changes.silences {
                    tally.silences += try AlertTable.silences
                        .put(silence, under: AlertRowKey(silence: id), database)
                }
                tally.commits += 1
                tally.time = time
                try tally.save(database)
            }
        } catch { throw JournalError(error, of: AlertSchema.file.name) }
        keepSmall()
    }

    /// Gives free pages back and copies a log that has grown large into the file.
    ///
    /// What was committed is on the disk whether or not this succeeds; the next commit tries again.
    private func keepSmall() {
        _ = try? queue.reclaim(beyond: Self.freePages)
        _ = try? queue.checkpoint(beyond: options.checkpointBytes, pageBytes: options.pageBytes)
    }

    /// Copies the log into the file and closes it; no other call may follow.
    package func close() throws(JournalError) {
        do { try queue.close() } catch { throw JournalError(error, of: AlertSchema.file.name) }
    }
}
