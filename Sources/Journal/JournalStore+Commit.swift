// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import GRDB

extension JournalStore {
    /// Keeps a commit: all of it is on the disk when this returns.
    ///
    /// After an error nothing of it is kept, but for one at the very end: then `lastCommit` of the
    /// file opened anew says whether it took effect.
    ///
    /// - Returns: The commit's number, one more than that of the commit before.
    /// - Throws: `JournalError`.
    /// - Complexity: O(bytes of the commit + bytes that become too old).
    @discardableResult
    package func commit(_ commit: JournalCommit) throws(JournalError) -> Int {
        do {
            return try queue.write { database in
                let last = try LastCommit(database)
                let number = (last?.number ?? 0) + 1
                let writer = CommitWriter(database: database, number: number, time: commit.time)
                for change in commit.monitors {
                    try writer.keep(change)
                    try writer.addToLedger(change, names: names)
                }
                for session in commit.sessions { try SessionRow.save(session, database) }
                for session in commit.endedSessions { try SessionRow.delete(session, database) }
                for delta in commit.coverage {
                    try CoverageRow(delta).add(database, time: commit.time)
                }
                if isNewQuarter(commit.time, after: last?.time) {
                    let history = LedgerHistory(
                        seconds: options.history,
                        bytes: options.historyBytes
                    )
                    if try history.prune(database) { names.forget() }
                }
                try LastCommit(number: number, time: commit.time).save(database)
                return number
            }
        } catch {
            names.forget()
            throw JournalError(error)
        }
    }

    /// Whether the ledger may have become too old since the last commit.
    private func isNewQuarter(_ time: Double, after last: Double?) -> Bool {
        guard let last else { return true }
        let seconds = Double(LedgerDelta.quarterSeconds)
        return (time / seconds).rounded(.down) != (last / seconds).rounded(.down)
    }
}

/// Writes the changes of one commit.
private struct CommitWriter {
    let database: Database
    let number: Int
    let time: Double

    /// Keeps the windows of a monitor.
    func keep(_ change: MonitorChange) throws {
        var row = try MonitorRow.find(change.key, database)
        if change.begins || change.hasEnded {
            try row?.delete(database)
            row = nil
        }
        if change.hasEnded { return }
        if change.begins {
            row = MonitorRow(id: try MonitorRow.unusedID(database), beginning: change)
        }
        guard var row, row.layout == change.layout else {
            throw JournalError.notBegun(change.key)
        }
        row.clock = change.clock
        row.totalRows = change.totalRows
        row.lastRecord = change.lastRecord
        if !change.segments.isEmpty {
            try BatchRow(change, of: row.id, number: number).save(database)
            row.batches += 1
        }
        for pane in change.panes { row.panes += try PaneRow(pane, of: row.id).save(database) }
        row.panes -= try dropPanes(change, of: row.id)
        row.batches -= try BatchRow.prune(
            through: change.totalRows - min(UInt64(max(change.ringRows, 0)), change.totalRows),
            below: change.clock.mark,
            of: row.id,
            database
        )
        try row.save(database)
    }

    /// Adds what a monitor counted to the ledger.
    func addToLedger(_ change: MonitorChange, names: SeriesNames) throws {
        if change.ledger.isEmpty { return }
        let traffic = try names.id(of: Series(trafficOf: change.key), database)
        let features = try change.ledgerFeatures.map { feature in
            try names.id(of: Series(change.key, feature), database)
        }
        for delta in change.ledger {
            let counts = [delta.rows, delta.late, delta.invalidValues]
            try LedgerRow(series: traffic, quarter: delta.quarter, counts: counts)
                .add(database, time: time)
            // A delta of late records alone has no bins.
            for (series, counts) in zip(features, delta.bins) {
                try LedgerRow(series: series, quarter: delta.quarter, counts: counts)
                    .add(database, time: time)
            }
        }
    }

    /// Removes panes that have left every window, and open ones that have closed.
    private func dropPanes(_ change: MonitorChange, of monitor: Int) throws -> Int {
        var dropped = try PaneRow.drop(
            multiple: 0,
            below: change.clock.pane,
            of: monitor,
            database
        )
        for oldest in change.oldestPanes where oldest.multiple >= 1 {
            dropped += try PaneRow.drop(
                multiple: oldest.multiple,
                below: oldest.number,
                of: monitor,
                database
            )
        }
        return dropped
    }
}
