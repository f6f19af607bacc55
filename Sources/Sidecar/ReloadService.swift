// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import Hosting
import Logging
import NIOPosix
import ServiceLifecycle
import UnixSignals

/// Reads the configuration again on SIGHUP; a faulty one leaves the old in force.
struct ReloadService: Service {
    let settings: SidecarSettings
    let reload: @Sendable () throws -> SidecarSettings
    let ingest: Ingest
    let references: ReferenceWatch
    let desk: AlertDesk
    let logger: Logger

    func run() async throws {
        var current = settings
        let signals = await UnixSignalsSequence(trapping: .sighup)
        for await _ in signals.cancelOnGracefulShutdown() {
            do {
                let new = try reload()
                // Reading references blocks on the disk, which is nothing for the tasks' threads.
                let references = references
                try await NIOThreadPool.singleton.runIfActive {
                    try references.watch(new.references)
                }
                apply(new, instead: current)
                current = new
            } catch {
                logger.error(
                    "configuration not reloaded; the old one stays in force",
                    metadata: ["faults": "\(error)"]
                )
            }
        }
    }

    private func apply(_ new: SidecarSettings, instead old: SidecarSettings) {
        desk.adopt(new.alerts, now: wallClockSeconds())
        ingest.reconfigure(new)
        let ignored = new.keysThatNeedARestart(comparedWith: settings)
        logger.info("configuration reloaded")
        desk.logIdleRules(ingest.descriptions, logger)
        if !new.monitor.countsAlike(old.monitor) {
            logger.warning("windows, clock or lateness changed: all windows begin anew")
        }
        if !ignored.isEmpty {
            logger.warning(
                "these changes need a restart",
                metadata: ["keys": "\(ignored.joined(separator: ", "))"]
            )
        }
    }
}

extension SidecarSettings {
    /// The keys that differ from those in force since the start, and are only read there.
    func keysThatNeedARestart(comparedWith old: SidecarSettings) -> [String] {
        var keys: [String] = []
        if listen != old.listen { keys.append("listen") }
        if state != old.state { keys.append("state") }
        if tokenFile != old.tokenFile { keys.append("token_file") }
        if historySeconds != old.historySeconds || historyBytes != old.historyBytes {
            keys.append("history")
        }
        if socket != old.socket { keys.append("socket") }
        let metrics = (metricsFeatures, metricsBins)
        if limits != old.limits || metrics != (old.metricsFeatures, old.metricsBins) {
            keys.append("limits")
        }
        return keys
    }
}
