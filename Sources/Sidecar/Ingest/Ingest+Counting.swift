// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import Hosting
import Journal
import Logging
import PredictionLog
import Synchronization

/// Counting what the scanners found, and telling what is odd.
extension Ingest {
    /// A log line to be written once the lock is free.
    struct Notice: Sendable {
        var message: String
        var metadata: Logger.Metadata
    }

    /// Tells something of a connection; the log has each text once a minute.
    func notice(_ text: String) {
        let now = clock()
        guard let passed = state.withLock({ $0.notices.pass(text, count: 1, at: now) }) else {
            return
        }
        logger.warning("\(text)", metadata: ["count": "\(passed)"])
    }

    func log(_ notices: [Notice]) {
        for notice in notices { logger.warning("\(notice.message)", metadata: notice.metadata) }
    }

    /// Takes what the scanners have found; `isKept` says whether its rows are to be kept.
    func drain(
        _ state: inout State,
        now: Double,
        isKept: Bool,
        notices: inout [Notice]
    ) {
        let drained = state.monitors.drain(&state.intake, now: now, isKept: isKept)
        if !state.intake.lines.isEmpty {
            let records = drained.tally.schemas.reduce(0) { $0 + $1.records - $1.failed }
            rawQueue?.append(state.intake.lines.span, records: Int(records))
            state.intake.removeLines()
        }
        if state.keeping.isKept, !isKept || !state.keeping.isUp {
            for schema in drained.tally.schemas { state.counters.unkept += schema.records }
        }
        count(drained, in: &state, now: now, notices: &notices)
    }

    /// Adds what an intake held to the counters and publishes the reports of closed panes.
    func count(
        _ drained: MonitorSet.Drained,
        in state: inout State,
        now: Double,
        notices: inout [Notice]
    ) {
        let tally = drained.tally
        state.counters.actuals += tally.actuals
        state.counters.duplicates += tally.duplicates
        state.counters.producerDropped += tally.producerDropped
        state.keeping.coverage.dropped(tally.producerDropped, at: now)
        for schema in tally.schemas { state.counters.unknownFeatures += schema.unknownFeatures }
        for reason in RejectReason.allCases where tally.rejected(reason) > 0 {
            state.counters.rejected[reason, default: 0] += tally.rejected(reason)
        }
        for (reason, count) in [(RejectReason.late, drained.late), (.future, drained.future)]
        where count > 0 {
            state.counters.rejected[reason, default: 0] += count
            guard let passed = state.notices.pass(reason.rawValue, count: count, at: now) else {
                continue
            }
            notices.append(
                Notice(
                    message: "records rejected: \(reason.rawValue) by the event clock",
                    metadata: ["reason": "\(reason.rawValue)", "count": "\(passed)"]
                )
            )
        }
        if !drained.reports.isEmpty {
            board.publish(drained.reports, at: now)
            watch(drained.reports, state, now: now)
            state.schedule.reported(at: now)
        }
        notices += faultNotices(tally, &state, now: now)
        notices += nameNotices(tally, state)
    }

    private func faultNotices(
        _ tally: IntakeTally,
        _ state: inout State,
        now: Double
    ) -> [Notice] {
        var notices: [Notice] = []
        for fault in tally.faults {
            let count = tally.rejected(fault.reason)
            guard let passed = state.notices.pass(fault.reason.rawValue, count: count, at: now)
            else { continue }
            notices.append(
                Notice(
                    message: "records rejected: \(fault)",
                    metadata: ["reason": "\(fault.reason.rawValue)", "count": "\(passed)"]
                )
            )
        }
        return notices
    }

    private func nameNotices(_ tally: IntakeTally, _ state: State) -> [Notice] {
        let schemas = state.intake.catalog.schemas
        return tally.unknownFeatures.filter { schemas.indices.contains($0.schema) }.map { unknown in
            let schema = schemas[unknown.schema]
            let hint = unknown.nearest.map { "; did the producer mean \($0)?" } ?? ""
            return Notice(
                message: "unknown feature \(unknown.name) ignored\(hint)",
                metadata: ["model": "\(schema.model)", "model_version": "\(schema.version)"]
            )
        }
    }
}
