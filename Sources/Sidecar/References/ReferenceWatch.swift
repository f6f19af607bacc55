// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import DriftStatistics
import Hosting
import Logging
import NIOPosix
import ServiceLifecycle
import Synchronization

/// Keeps the references in force the same as the configured files and directories.
///
/// The files are polled: a ConfigMap swaps links, which no watch on a directory sees. A look costs
/// one `stat` a file while nothing changes.
final class ReferenceWatch: Service, Sendable {
    /// How often the files are looked at.
    static let interval = Duration.seconds(2)

    private struct State: Sendable {
        var store: ReferenceStore
        /// What is wrong and was told.
        var told: Set<String> = []
        /// References in force that are over a limit, since the last change.
        var overLimit = 0
    }

    private let state: Mutex<State>
    private let limits: ReferenceFile.Limits
    private let ingest: Ingest
    private let logger: Logger

    init(settings: SidecarSettings, ingest: Ingest, logger: Logger) {
        limits = ReferenceFile.Limits(
            features: settings.limits.features,
            categories: settings.limits.categories
        )
        state = Mutex(State(store: ReferenceStore(paths: settings.references, limits: limits)))
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
        state.withLock { state in
            let update = state.store.refresh(now: wallClockSeconds())
            for fault in update.faults where !state.told.contains(fault.description) {
                logger.error("reference not used", metadata: ["fault": "\(fault)"])
            }
            state.told = Set(update.faults.map(\.description))
            if update.hasChanges {
                let refusals = install(update.inForce)
                state.overLimit = refusals.count
                tell(update, but: refusals)
            }
            ingest.referencesRefused(update.faults.count + state.overLimit)
            return update
        }
    }

    /// Has the references monitored.
    ///
    /// - Returns: Those that are not, since they are over a limit.
    private func install(_ references: [ReferenceInventory.Holding]) -> [MonitorRefusal] {
        let sources = references.map {
            MonitorSet.Source(reference: $0.file.reference, digest: $0.file.digest)
        }
        let refusals = ingest.install(sources)
        for refusal in refusals { logger.error("\(refusal)") }
        return refusals
    }

    private func tell(_ update: ReferenceUpdate, but refusals: [MonitorRefusal]) {
        let isInForce = { (holding: ReferenceInventory.Holding) in
            !refusals.contains {
                $0.model == holding.file.reference.model
                    && $0.version == holding.file.reference.version
            }
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
        let reference = holding.file.reference
        logger.info(
            "\(message)",
            metadata: [
                "model": "\(reference.model)", "model_version": "\(reference.version)",
                "digest": "\(holding.file.digest)", "file": "\(holding.path)",
                "features": "\(reference.features.count)", "rows": "\(reference.rows)",
            ]
        )
    }
}

/// None of the configured references can be used.
package struct UnusableReferences: Error, CustomStringConvertible {
    let faults: [ReferenceFault]

    package var description: String {
        (["references: none can be used"] + faults.map(\.description)).joined(separator: "\n  ")
    }
}
