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

    /// Begins to monitor a reference; `counts` are those of the reference it replaces.
    init(
        _ source: MonitorSet.Source,
        settings: MonitorSettings,
        counts: RecordCounts?,
        now: Double
    ) {
        self.source = source
        monitor = source.makeMonitor(settings)
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
        now: Double
    ) -> ModelMonitor.Observation {
        counts.records += tally.records
        counts.failed += tally.failed
        counts.invalidValues += tally.invalidValues
        if tally.records > 0 || batch.rows > 0 { lastRecord = now }
        guard batch.rows > 0 else { return ModelMonitor.Observation() }
        if monitor == nil { monitor = source.makeMonitor(settings) }
        let observation = monitor?.observe(&batch, now: now) ?? ModelMonitor.Observation()
        batch.removeAll()
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
        if monitor?.adopt(settings) == false { monitor = source.makeMonitor(settings) }
    }

    /// Ends the monitor if no record came for so long.
    mutating func expire(after seconds: Int, now: Double) {
        // A clock that was set back must not postpone the end by as much.
        lastRecord = min(lastRecord, now)
        if now - lastRecord >= Double(seconds) { monitor = nil }
    }
}

extension MonitorSet.Source {
    /// Whether two references are of the same model and version.
    func isSameVersion(as other: Self) -> Bool {
        reference.model == other.reference.model && reference.version == other.reference.version
    }

    /// A monitor that has seen nothing.
    fileprivate func makeMonitor(_ settings: MonitorSettings) -> ModelMonitor {
        ModelMonitor(reference: reference, digest: digest, settings: settings)
    }
}
