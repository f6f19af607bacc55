// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftStatistics
package import PredictionLog

/// The monitors of a process: one for every model version with a reference.
///
/// Records come from an `Intake`, whose batches stand in the same order as the references here.
/// A monitor without records for `expireSeconds` ends; the next record of its model version
/// begins a new one.
package struct MonitorSet: Sendable {
    /// A reference to be monitored, under the digest of its canonical bytes.
    package struct Source: Sendable, Equatable {
        /// The reference.
        package let reference: Reference
        /// The digest that reports name it by.
        package let digest: String

        /// Names a reference by its digest.
        package init(reference: Reference, digest: String) {
            self.reference = reference
            self.digest = digest
        }
    }

    /// What an intake held when it was drained.
    package struct Drained: Sendable {
        /// What the scanners counted since the intake was last drained.
        package var tally: IntakeTally
        /// Records of panes already closed.
        package var late: UInt64 = 0
        /// Records more than a minute ahead of the arrival clock.
        package var future: UInt64 = 0
        /// The reports of the panes that closed: by monitor, in the order of time in each.
        package var reports: [MonitorReport] = []
    }

    /// How records are windowed and judged.
    package private(set) var settings: MonitorSettings
    /// How much is monitored at most.
    package let limits: MonitorLimits
    /// The model versions, in the order of the intake's catalog.
    private var versions: [MonitoredVersion] = []
    /// Whether what happens is collected, to be kept over a restart.
    private let isKept: Bool
    /// What has to be kept of monitors that are no longer here.
    private var lastChanges: [MonitorChange] = []

    /// Makes a set without references.
    ///
    /// - Parameters:
    ///   - settings: How records are windowed and judged.
    ///   - limits: How much is monitored at most.
    ///   - isKept: Whether what happens is collected for `takeChanges()`.
    package init(
        settings: MonitorSettings,
        limits: MonitorLimits = MonitorLimits(),
        isKept: Bool = false
    ) {
        self.settings = settings
        self.limits = limits
        self.isKept = isKept
    }

    /// Takes every row out of the intake's batches, full or not, and what it has counted.
    ///
    /// - Parameters:
    ///   - intake: The intake, of the catalog that `install` put there; its batches are emptied.
    ///   - now: The arrival clock, in Unix seconds.
    ///   - isKept: Whether the rows are to be kept over a restart, if anything is.
    /// - Returns: What was found, and the reports of panes that closed on the event clock.
    package mutating func drain(
        _ intake: inout Intake,
        now: Double,
        isKept: Bool = true
    ) -> Drained {
        var drained = Drained(tally: intake.takeTally())
        for index in versions.indices {
            let observation = versions[index].drain(
                &intake.batches[index],
                tally: drained.tally.schemas[index],
                settings: settings,
                now: now,
                isKept: isKept
            )
            drained.late += UInt64(observation.late)
            drained.future += UInt64(observation.future)
            drained.reports += observation.reports
        }
        return drained
    }

    /// Monitors these references and no others.
    ///
    /// A reference of the same model, version and digest as before keeps its monitor and all it
    /// has counted; one of another digest begins anew. Over the limit, model versions that are
    /// monitored already come before new ones, then the order given decides.
    /// - Parameters:
    ///   - sources: The references.
    ///   - stored: What was kept of monitors of these references; used for those that are new.
    ///   - intake: Drained first, then given the catalog of these references.
    ///   - now: The arrival clock, in Unix seconds.
    /// - Returns: What was drained, and which references were refused, in the order given.
    package mutating func install(
        _ sources: [Source],
        stored: [MonitorKey: StoredMonitor] = [:],
        into intake: inout Intake,
        now: Double
    ) -> Installation {
        let drained = drain(&intake, now: now)
        let (accepted, refusals) = admit(sources)
        var installation = Installation(drained: drained, refusals: refusals)
        let old = versions
        versions = accepted.map { source in
            let old = old.first { $0.source.isSameVersion(as: source) }
            if let old, old.source.digest == source.digest { return old }
            var version = MonitoredVersion(
                source,
                settings: settings,
                counts: old?.counts,
                isKept: isKept,
                now: now
            )
            if let kept = stored[source.key] {
                installation.restoration.note(version.restore(kept), of: source.key)
            }
            return version
        }
        for var version in old where !versions.contains(where: { $0.source == version.source }) {
            let isReplaced = versions.contains { $0.source.isSameVersion(as: version.source) }
            if isReplaced, let report = version.report(at: now) {
                installation.retired.append(report)
            }
            lastChanges += version.takeChanges()
        }
        intake.replaceCatalog(SchemaCatalog(accepted.map { ModelMonitor.schema(of: $0.reference) }))
        return installation
    }

    /// What became of references to be monitored.
    package struct Installation: Sendable {
        /// What the intake held before.
        package let drained: Drained
        /// Which references were refused, in the order given.
        package let refusals: [MonitorRefusal]
        /// The last reports of monitors whose model versions have another reference now.
        package internal(set) var retired: [MonitorReport] = []
        /// What came of what was kept.
        package internal(set) var restoration = Restoration()
    }

    /// What came of what was kept.
    package struct Restoration: Sendable {
        /// The monitors that go on from it.
        package private(set) var restored: [MonitorKey] = []
        /// What cannot be used: those monitors have begun anew.
        package private(set) var faults: [(key: MonitorKey, fault: StoredMonitorFault)] = []

        mutating func note(_ fault: StoredMonitorFault?, of key: MonitorKey) {
            if let fault { faults.append((key, fault)) } else { restored.append(key) }
        }
    }

    /// Goes on with other settings.
    ///
    /// Monitors keep what they have counted if windows, clock and lateness stay as they are, and
    /// begin anew otherwise.
    /// - Returns: What the intake held; it is drained first.
    package mutating func reconfigure(
        _ settings: MonitorSettings,
        intake: inout Intake,
        now: Double
    ) -> Drained {
        let drained = drain(&intake, now: now)
        self.settings = settings
        for index in versions.indices { versions[index].adopt(settings) }
        return drained
    }

    /// Makes the next report: every monitor's windows, open panes included.
    ///
    /// Monitors without records for `expireSeconds` end first and are not in it.
    /// - Parameter now: The arrival clock, in Unix seconds.
    /// - Returns: The report, numbered one higher than the last.
    package mutating func report(at now: Double) -> Report {
        var reports: [MonitorReport] = []
        for index in versions.indices {
            versions[index].expire(after: settings.expireSeconds, now: now)
            if let report = versions[index].report(at: now) { reports.append(report) }
        }
        return Report(time: now, monitors: reports)
    }

    /// What each monitor compares with what, in the order of the references; none that has ended.
    package var descriptions: [MonitorDescription] {
        versions.compactMap { $0.monitor?.description }
    }

    /// What a monitor compares with what; nil for one that has ended or was replaced.
    ///
    /// - Complexity: O(cells of the reference).
    package func description(of report: MonitorReport) -> MonitorDescription? {
        let key = MonitorKey(
            model: report.model,
            version: report.version,
            digest: report.reference
        )
        return versions.first { $0.source.key == key }?.monitor?.description
    }

    /// When each model version last had a record, in the order of `recordCounts`; nil where none
    /// came since it is monitored.
    package var lastRecords: [Double?] { versions.map(\.lastArrival) }

    /// What became of the records of each model version, in the order of the references.
    package var recordCounts: [RecordCounts] { versions.map(\.counts) }

    /// The most memory that each model version's counts take, in the order of the references.
    package var memoryBounds: [MemoryBound] {
        versions.map { MemoryBound(reference: $0.source.reference, settings: settings) }
    }

    /// The bytes of the arrays that all monitors' counts hold now.
    package var storageBytes: Int {
        versions.reduce(0) { $0 + ($1.monitor?.storageBytes ?? 0) }
    }

    /// Bytes that wait to be kept, about.
    package var unkeptBytes: Int { versions.reduce(0) { $0 + $1.unkeptBytes } }

    /// What has to be kept since this was last asked, in order.
    ///
    /// - Complexity: O(what has happened), and for a monitor that has begun O(its state).
    package mutating func takeChanges() -> [MonitorChange] {
        var changes = lastChanges
        lastChanges = []
        for index in versions.indices { changes += versions[index].takeChanges() }
        return changes
    }

    /// What was kept is of no use: everything has to be kept anew.
    package mutating func keepAnew() {
        for index in versions.indices { versions[index].keepAnew() }
    }

    /// Goes on from what was kept, which could not be read when the monitors were made.
    ///
    /// What they have counted since is given up: it was never to be kept.
    package mutating func adopt(_ stored: [MonitorKey: StoredMonitor]) -> Restoration {
        var restoration = Restoration()
        for index in versions.indices {
            let key = versions[index].source.key
            guard let kept = stored[key] else { continue }
            restoration.note(versions[index].restore(kept), of: key)
        }
        return restoration
    }

    /// What is monitored, in order.
    package var sources: [Source] { versions.map(\.source) }

    /// The monitors of which something is kept or is still to be.
    package var keptKeys: Set<MonitorKey> {
        Set(versions.map(\.source.key)).union(lastChanges.map(\.key))
    }

    /// The monitors that are no longer here and of which something is still to be kept.
    package var departingKeys: Set<MonitorKey> { Set(lastChanges.map(\.key)) }

    /// Why a reference would not be monitored beside the others, or nil.
    package func refusal(of source: Source) -> MonitorRefusal? {
        let others = versions.count { !$0.source.isSameVersion(as: source) }
        let isFull = others >= limits.monitors
        let reason =
            limits.refusal(of: source.reference)
            ?? (isFull ? .monitors(limit: limits.monitors) : nil)
        return reason.map {
            MonitorRefusal(
                model: source.reference.model,
                version: source.reference.version,
                reason: $0
            )
        }
    }

    /// Which of these references have no monitor yet.
    package func unknown(among sources: [Source]) -> [Source] {
        sources.filter { source in !versions.contains { $0.source.key == source.key } }
    }

    /// Parts references into those that are monitored and refusals.
    private func admit(_ sources: [Source]) -> (accepted: [Source], refusals: [MonitorRefusal]) {
        let isKnown = sources.map { source in
            versions.contains { $0.source.isSameVersion(as: source) }
        }
        var reasons: [MonitorRefusal.Reason?] = []
        for (index, source) in sources.enumerated() {
            let isDuplicate = sources[..<index].contains(where: source.isSameVersion)
            reasons.append(isDuplicate ? .duplicate : limits.refusal(of: source.reference))
        }
        var room = limits.monitors
        for isKnownTurn in [true, false] {
            for index in sources.indices
            where isKnown[index] == isKnownTurn && reasons[index] == nil {
                if room == 0 { reasons[index] = .monitors(limit: limits.monitors) }
                room = max(room - 1, 0)
            }
        }
        let accepted = zip(sources, reasons).compactMap { $1 == nil ? $0 : nil }
        let refusals = zip(sources, reasons).compactMap { source, reason in
            reason.map {
                MonitorRefusal(
                    model: source.reference.model,
                    version: source.reference.version,
                    reason: $0
                )
            }
        }
        return (accepted, refusals)
    }
}
