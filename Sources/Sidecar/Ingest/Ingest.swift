// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
package import DriftMonitor
import Hosting
package import Journal
package import Logging
package import PredictionLog
import Synchronization

/// Everything that records change, behind one lock: the intake, the monitors, the counters, the
/// sessions of producers.
///
/// A connection takes the lock for one buffer (about 200 records), an evaluation for less than a
/// millisecond, a scrape for a copy of the counters, the journal for taking over what it has to
/// keep. Log lines and answers are written after the lock.
package final class Ingest: Sendable {
    struct State: Sendable {
        var intake: Intake
        var monitors: MonitorSet
        var counters = IngestCounters()
        var schedule: EvaluationSchedule
        var notices = NoticeLimiter()
        var sessions: SessionTable
        var connections = ConnectionTable()
        var keeping: Keeping
    }

    let state: Mutex<State>
    let board: ReportBoard
    /// Who watches what is reported; nil for nobody.
    private let desk: AlertDesk?
    let logger: Logger
    private let kept: Kept?
    let rawQueue: RecordQueue?
    let clock: @Sendable () -> Double
    /// What is woken when there is something to be kept.
    let bell: Mutex<(@Sendable () -> Void)?> = Mutex(nil)

    /// Makes an ingest without references.
    ///
    /// - Parameters:
    ///   - settings: How records are windowed, and how much is monitored.
    ///   - board: Where reports are published.
    ///   - desk: Who watches what is reported; nil for nobody.
    ///   - kept: What a journal remembers; nil when there is no journal.
    ///   - rawQueue: Where the lines of accepted records go as they came; nil for nowhere.
    ///   - logger: Where odd records are told.
    ///   - clock: The wall clock, in Unix seconds.
    package init(
        settings: SidecarSettings,
        board: ReportBoard,
        desk: AlertDesk? = nil,
        kept: Kept? = nil,
        rawQueue: RecordQueue? = nil,
        logger: Logger,
        clock: @escaping @Sendable () -> Double = wallClockSeconds
    ) {
        let isKept = kept != nil
        var intake = Intake(catalog: SchemaCatalog([]))
        intake.keepsLines = rawQueue != nil
        state = Mutex(
            State(
                intake: intake,
                monitors: MonitorSet(
                    settings: settings.monitor,
                    limits: settings.limits,
                    isKept: isKept
                ),
                schedule: EvaluationSchedule(
                    clock: settings.monitor.clock,
                    intervalSeconds: settings.evaluateEvery.inSeconds,
                    now: clock()
                ),
                sessions: SessionTable(kept: kept?.sessions ?? [], isKept: isKept),
                keeping: Keeping(isKept: isKept, isRead: kept?.sessions != nil)
            )
        )
        self.board = board
        self.desk = desk
        self.kept = kept
        self.rawQueue = rawQueue
        self.logger = logger
        self.clock = clock
    }

    /// What a journal remembers.
    package struct Kept: Sendable {
        /// The sessions of producers; nil when they cannot be read yet.
        package var sessions: [SessionProgress]?
        /// What is kept of a reference's monitor under a layout; reads the disk.
        package var monitor:
            @Sendable (_ source: MonitorSet.Source, _ layout: String) -> StoredMonitor?

        /// Names what is remembered.
        package init(
            sessions: [SessionProgress]?,
            monitor:
                @escaping @Sendable (
                    _ source: MonitorSet.Source, _ layout: String
                ) -> StoredMonitor?
        ) {
            self.sessions = sessions
            self.monitor = monitor
        }
    }

    /// The live counters.
    package var counters: IngestCounters {
        state.withLock { state in
            var counters = state.counters
            counters.versions = state.monitors.recordCounts
            counters.connections = state.connections.count
            counters.sessions = state.sessions.count
            counters.unkeptBytes = state.monitors.unkeptBytes
            return counters
        }
    }

    /// What each monitor compares with what.
    package var descriptions: [MonitorDescription] {
        state.withLock { $0.monitors.descriptions }
    }

    /// What a monitor compares with what; nil for one that has ended or was replaced.
    package func description(of report: MonitorReport) -> MonitorDescription? {
        state.withLock { $0.monitors.description(of: report) }
    }

    /// The most memory that the counts of each model version can take.
    package var memoryBounds: [MemoryBound] {
        state.withLock { $0.monitors.memoryBounds }
    }
}

// MARK: - Evaluation

extension Ingest {
    /// Publishes a report if one is due.
    func evaluateWhenDue() {
        let now = clock()
        change { state in
            if state.schedule.isDue(at: now) { evaluate(&state, now: now) }
        }
    }

    /// Publishes a report.
    func evaluate() {
        let now = clock()
        change { evaluate(&$0, now: now) }
    }

    func evaluate(_ state: inout State, now: Double) {
        let report = state.monitors.report(at: now)
        board.publish(report)
        state.schedule.reported(at: now)
        guard let desk else { return }
        // On the event clock this report is for looking; rules read those of pane borders.
        if state.schedule.clock == .arrival { watch(report.monitors, state, now: now) }
        desk.observe(TrafficSample(state, report), now: now)
    }

    /// Has the rules look at reports, under the lock that keeps them in order.
    func watch(_ reports: [MonitorReport], _ state: State, now: Double) {
        desk?.observe(reports, now: now) { state.monitors.description(of: $0) }
    }
}

extension TrafficSample {
    /// What has come in, and what is watched of it.
    fileprivate init(_ state: Ingest.State, _ report: Report) {
        let versions = zip(state.monitors.recordCounts, state.monitors.lastRecords)
        self.init(
            versions: versions.map { counts, lastRecord in
                Version(
                    model: counts.model,
                    version: counts.version,
                    records: counts.records,
                    failed: counts.failed,
                    lastRecord: lastRecord,
                    isWatched: report.monitors.contains {
                        $0.model == counts.model && $0.version == counts.version
                    }
                )
            },
            rejected: state.counters.rejected.values.reduce(0, &+),
            dropped: state.counters.producerDropped
        )
    }
}

// MARK: - References and settings

extension Ingest {
    /// Watches these references and no others; unchanged ones keep what they have counted, new
    /// ones go on from what the journal has kept of them.
    ///
    /// - Returns: Which references are refused, and the last reports of monitors that others replace.
    func install(
        _ sources: [MonitorSet.Source]
    ) -> (refusals: [MonitorRefusal], retired: [MonitorReport]) {
        let kept = keptMonitors(of: sources)
        let now = clock()
        let (installation, notices) = change { state in
            let installation = state.monitors.install(
                sources,
                stored: kept,
                into: &state.intake,
                now: now
            )
            var notices: [Notice] = []
            count(installation.drained, in: &state, now: now, notices: &notices)
            evaluate(&state, now: now)
            return (installation, notices)
        }
        log(notices)
        tell(installation.restoration)
        return (installation.refusals, installation.retired)
    }

    /// Why a reference would not be monitored beside the others, or nil.
    func refusal(of source: MonitorSet.Source) -> MonitorRefusal? {
        state.withLock { $0.monitors.refusal(of: source) }
    }

    /// Tells which windows go on from what was kept.
    func tell(_ restoration: MonitorSet.Restoration) {
        for key in restoration.restored {
            logger.info("windows restored", metadata: key.metadata)
        }
        for (key, fault) in restoration.faults {
            var metadata = key.metadata
            metadata["fault"] = "\(fault)"
            logger.error("windows not restored; they begin anew", metadata: metadata)
        }
    }

    /// What the journal has kept of monitors that there are not yet; read without the lock.
    private func keptMonitors(of sources: [MonitorSet.Source]) -> [MonitorKey: StoredMonitor] {
        read(settled(state.withLock { $0.monitors.unknown(among: sources) }))
    }

    /// What the journal has kept of references' monitors; read without the lock.
    func read(_ sources: [MonitorSet.Source]) -> [MonitorKey: StoredMonitor] {
        guard let kept else { return [:] }
        let layout = state.withLock { $0.monitors.settings.layout }
        var monitors: [MonitorKey: StoredMonitor] = [:]
        for source in sources { monitors[source.key] = kept.monitor(source, layout) }
        return monitors
    }

    /// Says how many reference files were found that are not in use.
    func referencesRefused(_ count: Int) {
        state.withLock { $0.counters.referencesRefused = count }
    }

    /// Goes on with other settings; monitors begin anew only if windows or clock changed.
    package func reconfigure(_ settings: SidecarSettings) {
        let now = clock()
        let notices = change { state in
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

extension MonitorKey {
    fileprivate var metadata: Logger.Metadata {
        ["model": "\(model)", "model_version": "\(version)", "digest": "\(digest)"]
    }
}

extension Duration {
    /// The whole duration in seconds.
    var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
