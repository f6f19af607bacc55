// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics
import PredictionLog

/// One model version of a `MonitorSet`: its monitor, while it lives, and what it has counted.
struct MonitoredVersion: Sendable {
    /// What its windows are compared with.
    let source: MonitorSet.Source
    /// Nil once it has ended.
    private(set) var monitor: ModelMonitor?
    /// What became of its records.
    private(set) var counts: RecordCounts
    /// When a record last came, or the monitor began; Unix seconds of the arrival clock.
    private var lastRecord: Double
    /// When a record last came; nil if none has.
    private(set) var lastArrival: Double?
    /// Whether what happens to the monitor is collected, to be kept over a restart.
    private let isKept: Bool
    /// What has to be kept of monitors that have ended.
    private var lastChanges: [MonitorChange] = []

    /// Begins to monitor a reference; `counts` are those of the reference it replaces.
    init(
        _ source: MonitorSet.Source,
        settings: MonitorSettings,
        counts: RecordCounts?,
        isKept: Bool,
        now: Double
    ) {
        self.source = source
        self.isKept = isKept
        monitor = source.makeMonitor(settings, isKept: isKept)
        lastRecord = now
        self.counts =
            counts
            ?? RecordCounts(model: source.reference.model, version: source.reference.version)
    }

    /// Counts what the scanners saw of its records, and takes those in a batch, which it empties.
    ///
    /// A monitor that has ended begins anew with the first row.
    mutating func drain(
        _ batch: inout RecordBatch,
        tally: IntakeTally.Schema,
        settings: MonitorSettings,
        now: Double,
        isKept: Bool
    ) -> ModelMonitor.Observation {
        counts.records += tally.records
        counts.failed += tally.failed
        counts.invalidValues += tally.invalidValues
        if tally.records > 0 || batch.rows > 0 {
            lastRecord = now
            lastArrival = now
        }
        monitor?.note(late: 0, invalidValues: tally.invalidValues, at: now)
        guard batch.rows > 0 else { return ModelMonitor.Observation() }
        if monitor == nil { monitor = source.makeMonitor(settings, isKept: self.isKept) }
        let observation =
            monitor?.observe(&batch, now: now, isKept: isKept) ?? ModelMonitor.Observation()
        batch.removeAll()
        monitor?.note(late: UInt64(observation.late), invalidValues: 0, at: now)
        // The scanners counted every row of the batch as accepted.
        let rejected = UInt64(observation.late + observation.future)
        counts.records -= min(rejected, counts.records)
        counts.late += UInt64(observation.late)
        counts.future += UInt64(observation.future)
        return observation
    }

    /// Reports what its windows hold; nil if it has ended.
    mutating func report(at now: Double) -> MonitorReport? {
        monitor?.report(at: now)
    }

    /// Takes over settings, and keeps what is counted if they allow.
    mutating func adopt(_ settings: MonitorSettings) {
        guard monitor?.adopt(settings) == false else { return }
        end()
        monitor = source.makeMonitor(settings, isKept: isKept)
    }

    /// Ends the monitor if no record came for so long.
    mutating func expire(after seconds: Int, now: Double) {
        // A clock that was set back must not postpone the end by as much.
        lastRecord = min(lastRecord, now)
        if now - lastRecord >= Double(seconds) { end() }
    }

    /// Ends the monitor for good: what is kept of it is to be forgotten, its ledger apart.
    private mutating func end() {
        if var change = monitor?.takeChange(lastRecord: lastRecord) {
            change.hasEnded = true
            lastChanges.append(change)
        } else if let log = monitor?.log {
            lastChanges.append(log.ending(lastRecord: lastRecord))
        }
        monitor = nil
    }
}

// MARK: - Over a restart

extension MonitoredVersion {
    /// Bytes that wait to be kept, about.
    var unkeptBytes: Int { monitor?.log?.bytes ?? 0 }

    /// What has to be kept since this was last asked, in order.
    mutating func takeChanges() -> [MonitorChange] {
        var changes = lastChanges
        lastChanges = []
        if let change = monitor?.takeChange(lastRecord: lastRecord) { changes.append(change) }
        return changes
    }

    /// What was kept is of no use: everything has to be kept anew.
    mutating func keepAnew() { monitor?.keepAnew() }

    /// Becomes what was kept.
    ///
    /// - Returns: What is wrong with it, which leaves the version as it is; nil when nothing is.
    mutating func restore(_ stored: StoredMonitor) -> StoredMonitorFault? {
        do throws(StoredMonitorFault) {
            try monitor?.restore(stored)
            lastRecord = stored.lastRecord
            if stored.totalRows > 0 { lastArrival = stored.lastRecord }
            return nil
        } catch {
            return error
        }
    }
}

extension MonitorSet.Source {
    /// What names its monitor over restarts.
    package var key: MonitorKey {
        MonitorKey(model: reference.model, version: reference.version, digest: digest)
    }

    /// Whether two references are of the same model and version.
    func isSameVersion(as other: Self) -> Bool {
        reference.model == other.reference.model && reference.version == other.reference.version
    }

    /// A monitor that has seen nothing.
    fileprivate func makeMonitor(_ settings: MonitorSettings, isKept: Bool) -> ModelMonitor {
        ModelMonitor(reference: reference, digest: digest, settings: settings, isKept: isKept)
    }
}
