// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftMonitor
import Hosting
package import Logging
import PredictionLog
import Synchronization

/// Everything that records change, behind one lock: the intake, the monitors, the counters.
///
/// A connection takes the lock for one buffer (about 200 records), an evaluation for less than a
/// millisecond, a scrape for a copy of the counters. Log lines are written after the lock.
package final class Ingest: Sendable {
    private struct State: Sendable {
        var intake: Intake
        var monitors: MonitorSet
        var counters = IngestCounters()
        var schedule: EvaluationSchedule
        var notices = NoticeLimiter()
    }

    private let state: Mutex<State>
    private let board: ReportBoard
    private let logger: Logger
    private let clock: @Sendable () -> Double

    /// Makes an ingest without references.
    ///
    /// - Parameters:
    ///   - settings: How records are windowed, and how much is monitored.
    ///   - board: Where reports are published.
    ///   - logger: Where odd records are told.
    ///   - clock: The wall clock, in Unix seconds.
    package init(
        settings: SidecarSettings,
        board: ReportBoard,
        logger: Logger,
        clock: @escaping @Sendable () -> Double = wallClockSeconds
    ) {
        state = Mutex(
            State(
                intake: Intake(catalog: SchemaCatalog([])),
                monitors: MonitorSet(settings: settings.monitor, limits: settings.limits),
                schedule: EvaluationSchedule(
                    clock: settings.monitor.clock,
                    intervalSeconds: settings.evaluateEvery.inSeconds,
                    now: clock()
                )
            )
        )
        self.board = board
        self.logger = logger
        self.clock = clock
    }

    /// The live counters.
    package var counters: IngestCounters {
        state.withLock { state in
            var counters = state.counters
            counters.versions = state.monitors.recordCounts
            return counters
        }
    }

    /// What each monitor compares with what.
    package var descriptions: [MonitorDescription] {
        state.withLock { $0.monitors.descriptions }
    }

    /// The most memory that the counts of each model version can take.
    package var memoryBounds: [MemoryBound] {
        state.withLock { $0.monitors.memoryBounds }
    }
}

// MARK: - Connections

extension Ingest {
    /// Admits a connection unless there are `limit` already.
    func connectionOpened(limit: Int) -> Bool {
        state.withLock { state in
            guard state.counters.connections < limit else { return false }
            state.counters.connections += 1
            return true
        }
    }

    /// Counts a connection that was closed at once; the log tells each kind once a minute.
    func connectionRefused(_ refusal: ConnectionRefusal) {
        let now = clock()
        let passed = state.withLock { state in
            state.counters.connectionsRefused += 1
            return state.notices.pass("\(refusal)", count: 1, at: now)
        }
        guard let passed else { return }
        logger.warning(
            "connections refused",
            metadata: ["reason": "\(refusal)", "count": "\(passed)"]
        )
    }

    /// Tells something of a connection; the log has each text once a minute.
    func notice(_ text: String) {
        let now = clock()
        guard let passed = state.withLock({ $0.notices.pass(text, count: 1, at: now) }) else {
            return
        }
        logger.warning("\(text)", metadata: ["count": "\(passed)"])
    }

    /// Counts what a connection sent; all of it when this returns.
    ///
    /// - Complexity: O(bytes), no allocation per record.
    func receive(_ bytes: Span<UInt8>, with scanner: inout RecordScanner) {
        let now = clock()
        let notices = state.withLock { state in
            state.counters.bytes += UInt64(bytes.count)
            state.schedule.recordsArrived(at: now)
            var notices: [Notice] = []
            var consumed = 0
            while consumed < bytes.count {
                let rest = bytes.extracting(consumed..<bytes.count)
                consumed += scanner.scan(rest, into: &state.intake)
                drain(&state, now: now, notices: &notices)
            }
            return notices
        }
        log(notices)
    }

    /// Ends a connection; a line without its newline is truncated.
    func connectionClosed(_ scanner: inout RecordScanner) {
        let now = clock()
        let notices = state.withLock { state in
            state.counters.connections -= 1
            var notices: [Notice] = []
            scanner.finish(into: &state.intake)
            drain(&state, now: now, notices: &notices)
            return notices
        }
        log(notices)
    }
}

// MARK: - Evaluation

extension Ingest {
    /// Publishes a report if one is due.
    func evaluateWhenDue() {
        let now = clock()
        state.withLock { state in
            if state.schedule.isDue(at: now) { evaluate(&state, now: now) }
        }
    }

    /// Publishes a report.
    func evaluate() {
        let now = clock()
        state.withLock { evaluate(&$0, now: now) }
    }

    private func evaluate(_ state: inout State, now: Double) {
        board.publish(state.monitors.report(at: now))
        state.schedule.reported(at: now)
    }
}

// MARK: - References and settings

extension Ingest {
    /// Watches these references and no others; unchanged ones keep what they have counted.
    package func install(_ sources: [MonitorSet.Source]) -> [MonitorRefusal] {
        let now = clock()
        let (refusals, notices) = state.withLock { state in
            let result = state.monitors.install(sources, into: &state.intake, now: now)
            var notices: [Notice] = []
            count(result.drained, in: &state, now: now, notices: &notices)
            evaluate(&state, now: now)
            return (result.refusals, notices)
        }
        log(notices)
        return refusals
    }

    /// Says how many reference files were found that are not in use.
    func referencesRefused(_ count: Int) {
        state.withLock { $0.counters.referencesRefused = count }
    }

    /// Goes on with other settings; monitors begin anew only if windows or clock changed.
    package func reconfigure(_ settings: SidecarSettings) {
        let now = clock()
        let notices = state.withLock { state in
            var notices: [Notice] = []
            let drained = state.monitors.reconfigure(
                settings.monitor,
                intake: &state.intake,
                now: now
            )
            count(drained, in: &state, now: now, notices: &notices)
            state.schedule.clock = settings.monitor.clock
            state.schedule.intervalSeconds = settings.evaluateEvery.inSeconds
            evaluate(&state, now: now)
            return notices
        }
        log(notices)
    }
}

// MARK: - Counting and telling

extension Ingest {
    /// A log line to be written once the lock is free.
    private struct Notice: Sendable {
        var message: String
        var metadata: Logger.Metadata
    }

    private func drain(_ state: inout State, now: Double, notices: inout [Notice]) {
        let drained = state.monitors.drain(&state.intake, now: now)
        count(drained, in: &state, now: now, notices: &notices)
    }

    /// Adds what an intake held to the counters and publishes the reports of closed panes.
    private func count(
        _ drained: MonitorSet.Drained,
        in state: inout State,
        now: Double,
        notices: inout [Notice]
    ) {
        let tally = drained.tally
        state.counters.actuals += tally.actuals
        state.counters.producerDropped += tally.producerDropped
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
            state.schedule.reported(at: now)
        }
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
        for unknown in tally.unknownFeatures
        where state.intake.catalog.schemas.indices.contains(unknown.schema) {
            let schema = state.intake.catalog.schemas[unknown.schema]
            let hint = unknown.nearest.map { "; did the producer mean \($0)?" } ?? ""
            notices.append(
                Notice(
                    message: "unknown feature \(unknown.name) ignored\(hint)",
                    metadata: ["model": "\(schema.model)", "model_version": "\(schema.version)"]
                )
            )
        }
    }

    private func log(_ notices: [Notice]) {
        for notice in notices { logger.warning("\(notice.message)", metadata: notice.metadata) }
    }
}

extension Duration {
    /// The whole duration in seconds.
    var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
