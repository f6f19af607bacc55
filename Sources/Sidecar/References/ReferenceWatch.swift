// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import DriftStatistics
import Hosting
import Logging
import NIOPosix
import PredictionLog
import ServiceLifecycle
import Synchronization

/// Keeps the references in force: those of the configured files and directories, and promotions.
///
/// The files are polled: a ConfigMap swaps links, which no watch on a directory sees. A look costs
/// one `stat` a file while nothing changes.
final class ReferenceWatch: Service, Sendable {
    /// How often the files are looked at.
    static let interval = Duration.seconds(2)

    struct State: Sendable {
        var store: ReferenceStore
        /// What is wrong and was told.
        var told: Set<String> = []
        /// References in force that are over a limit, since the last change.
        var overLimit = 0
        /// What the archive was told to be in force; nil before it was told anything.
        var archived: [ReferenceInventory.Holding]?
    }

    /// Held during a look or a promotion.
    let state: Mutex<State>
    /// What a reference file may hold.
    let limits: ReferenceFile.Limits
    /// Where promotions are kept; nil without a state directory.
    let promotions: PromotionDirectory?
    let archive: ReferenceArchive
    let ingest: Ingest
    let logger: Logger

    init(settings: SidecarSettings, ingest: Ingest, logger: Logger) {
        limits = ReferenceFile.Limits(
            features: settings.limits.features,
            categories: settings.limits.categories
        )
        promotions = settings.state.map(PromotionDirectory.init(stateDirectory:))
        let now = wallClockSeconds()
        archive = ReferenceArchive(stateDirectory: settings.state, logger: logger, now: now)
        let kept = promotions?.load(now: now) ?? PromotionDirectory.Content()
        for fault in kept.faults {
            logger.error("promotion not used", metadata: ["fault": "\(fault)"])
        }
        let store = ReferenceStore(
            paths: settings.references,
            limits: limits,
            promotions: kept.promotions
        )
        state = Mutex(State(store: store))
        self.ingest = ingest
        self.logger = logger
    }

    /// Loads the references before anything else starts.
    ///
    /// - Throws: `UnusableReferences` when nothing can be loaded and something is wrong: whoever
    ///   starts a sidecar by hand wants to know, and in a pod the restart tries again.
    func loadAtStart() throws(UnusableReferences) {
        let update = look()
        if update.inForce.isEmpty, !update.faults.isEmpty {
            throw UnusableReferences(faults: update.faults)
        }
        if update.inForce.isEmpty { logger.warning("there is no reference yet; watching for one") }
    }

    /// Looks at other paths from now on.
    ///
    /// - Throws: `UnusableReferences` when nothing can be loaded from them and something is wrong;
    ///   then the old paths stay.
    func watch(_ paths: [String]) throws(UnusableReferences) {
        var trial = ReferenceStore(paths: paths, limits: limits)
        let update = trial.refresh(now: wallClockSeconds())
        if update.inForce.isEmpty, !update.faults.isEmpty {
            throw UnusableReferences(faults: update.faults)
        }
        state.withLock { $0.store.paths = paths }
        look()
    }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: Self.interval)
                // The look blocks on the disk, which is nothing for the tasks' threads.
                try await NIOThreadPool.singleton.runIfActive { _ = self.look() }
            }
        }
    }

    /// Looks at all files, installs what changed and tells what is new.
    ///
    /// One look at a time: of two that overlap, the one that saw less must not install last.
    @discardableResult
    private func look() -> ReferenceUpdate {
        state.withLock { look(&$0) }
    }

    /// Looks while nobody else does.
    @discardableResult
    func look(_ state: inout State) -> ReferenceUpdate {
        let update = state.store.refresh(now: wallClockSeconds())
        for fault in update.faults where !state.told.contains(fault.description) {
            logger.error("reference not used", metadata: ["fault": "\(fault)"])
        }
        state.told = Set(update.faults.map(\.description))
        settle(update, &state)
        archive.saveAgain()
        return update
    }

    /// Installs what changed, tells it and remembers it.
    func settle(_ update: ReferenceUpdate, _ state: inout State) {
        for promotion in update.ended {
            promotions?.remove(promotion)
            tell("promotion ended; another reference came after it", promotion)
        }
        var retired: [MonitorReport] = []
        if update.hasChanges {
            let installation = install(update.inForce)
            retired = installation.retired
            state.overLimit = installation.refusals.count
            tell(update, but: installation.refusals)
            let refused = Set(installation.refusals.map(ModelVersion.init))
            remember(
                update.inForce.filter { !refused.contains(ModelVersion($0.file)) },
                retired,
                &state
            )
        } else if let archived = state.archived {
            // Some may have come from elsewhere.
            let known = Set(archived.map { ModelVersion($0.file) })
            remember(update.inForce.filter { known.contains(ModelVersion($0.file)) }, [], &state)
        } else {
            remember(update.inForce, [], &state)
        }
        ingest.referencesRefused(state.told.count + state.overLimit)
    }

    private func remember(
        _ inForce: [ReferenceInventory.Holding],
        _ retired: [MonitorReport],
        _ state: inout State
    ) {
        guard state.archived != inForce || !retired.isEmpty else { return }
        state.archived = inForce
        archive.update(inForce, retired: retired, at: wallClockSeconds())
    }

    /// Has the references monitored.
    ///
    /// - Returns: Those that are not, since they are over a limit, and the last reports of monitors
    ///   that others replace.
    private func install(
        _ references: [ReferenceInventory.Holding]
    ) -> (refusals: [MonitorRefusal], retired: [MonitorReport]) {
        let installation = ingest.install(references.map(\.source))
        for refusal in installation.refusals { logger.error("\(refusal)") }
        return installation
    }

    private func tell(_ update: ReferenceUpdate, but refusals: [MonitorRefusal]) {
        let refused = Set(refusals.map(ModelVersion.init))
        let isInForce = { (holding: ReferenceInventory.Holding) in
            !refused.contains(ModelVersion(holding.file))
        }
        for holding in update.added where isInForce(holding) {
            tell("reference in force", holding)
        }
        for change in update.changed where isInForce(change.new) {
            tell("reference changed; its windows begin anew", change.new)
        }
        for holding in update.gone { tell("reference gone; its monitor ends", holding) }
    }

    private func tell(_ message: String, _ holding: ReferenceInventory.Holding) {
        logger.info(
            "\(message)",
            metadata: holding.file.metadata.merging(["origin": "\(holding.origin)"]) { $1 }
        )
    }

    private func tell(_ message: String, _ promotion: Promotion) {
        logger.notice(
            "\(message)",
            metadata: promotion.file.metadata.merging([
                "promoted_at": "\(RFC3339.format(promotion.time))"
            ]) { $1 }
        )
    }
}

extension ReferenceFile {
    fileprivate var metadata: Logger.Metadata {
        [
            "model": "\(reference.model)", "model_version": "\(reference.version)",
            "digest": "\(digest)", "features": "\(reference.features.count)",
            "rows": "\(reference.rows)",
        ]
    }
}

extension ModelVersion {
    fileprivate init(_ refusal: MonitorRefusal) {
        self.init(model: refusal.model, version: refusal.version)
    }
}

extension ReferenceInventory.Holding {
    /// The reference as it is monitored.
    var source: MonitorSet.Source {
        MonitorSet.Source(reference: file.reference, digest: file.digest)
    }
}

/// None of the configured references can be used.
package struct UnusableReferences: Error, CustomStringConvertible {
    let faults: [ReferenceFault]

    package var description: String {
        (["references: none can be used"] + faults.map(\.description)).joined(separator: "\n  ")
    }
}
