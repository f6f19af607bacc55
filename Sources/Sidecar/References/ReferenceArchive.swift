// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import DriftStatistics
import Hosting
import Logging
import Synchronization

/// What is remembered of references, in the state directory or until the end of the process.
///
/// Which were in force when, and the last reports of monitors that others have replaced.
/// Readers take a copy; changes come from one thread at a time.
final class ReferenceArchive: Sendable {
    private struct State: Sendable {
        var history = ReferenceHistory()
        var retired = RetiredReports()
    }

    private let state = Mutex(State())
    private let historyFile: StateFile<ReferenceHistory>?
    private let retiredFile: StateFile<RetiredReports>?
    private let logger: Logger
    /// The files that could not be written, and why.
    private let unwritten = Mutex<[String: String]>([:])

    /// Reads what was kept.
    ///
    /// What cannot be trusted is set aside, what cannot be read is told: neither keeps a sidecar
    /// from its work.
    init(stateDirectory: String?, logger: Logger, now: Double) {
        self.logger = logger
        historyFile = stateDirectory.map { StateFile(path: $0 + "/references.json") }
        retiredFile = stateDirectory.map { StateFile(path: $0 + "/retired.json") }
        let history = load(historyFile, now: now)
        let retired = load(retiredFile, now: now)
        state.withLock { $0 = State(history: history, retired: retired) }
    }

    /// Which references were in force when.
    var history: ReferenceHistory { state.withLock { $0.history } }

    /// The last reports of replaced monitors that are still readable, the latest first.
    func retired(at now: Double) -> [RetiredReports.Entry] {
        state.withLock { $0.retired }.readable(at: now)
    }

    /// Takes in what is in force now, and the last reports of monitors that were replaced.
    func update(
        _ inForce: [ReferenceInventory.Holding],
        retired reports: [MonitorReport],
        at now: Double
    ) {
        let keys = Set(inForce.map(\.key))
        let (before, after) = state.withLock { state in
            let before = state
            state.history.update(inForce, at: now)
            state.retired.retire(reports, but: keys.contains, at: now)
            return (before, state)
        }
        if before.history != after.history { save(after.history, to: historyFile) }
        if before.retired != after.retired { save(after.retired, to: retiredFile) }
    }

    /// Writes what could not be written before.
    func saveAgain() {
        let paths = unwritten.withLock { $0.keys.sorted() }
        if paths.isEmpty { return }
        let state = state.withLock { $0 }
        if let historyFile, paths.contains(historyFile.path) {
            save(state.history, to: historyFile)
        }
        if let retiredFile, paths.contains(retiredFile.path) {
            save(state.retired, to: retiredFile)
        }
    }

    private func load<Content>(_ file: StateFile<Content>?, now: Double) -> Content {
        guard let file else { return Content() }
        do throws(StateFileError) {
            let (content, discarded) = try file.load(now: now)
            if let discarded {
                logger.error(
                    "what was remembered cannot be trusted and is set aside",
                    metadata: ["file": "\(discarded.path)", "fault": "\(discarded.reason)"]
                )
            }
            return content
        } catch {
            logger.error("what was remembered is lost", metadata: ["fault": "\(error)"])
            return Content()
        }
    }

    /// Writes a file; one that cannot be written now is tried again, and each reason told once.
    private func save<Content>(_ content: Content, to file: StateFile<Content>?) {
        guard let file else { return }
        do throws(FileWriteError) {
            try file.save(content)
            unwritten.withLock { $0[file.path] = nil }
        } catch {
            let reason = "\(error)"
            let isNew = unwritten.withLock { $0.updateValue(reason, forKey: file.path) != reason }
            if isNew {
                logger.error("not kept; it is tried again", metadata: ["fault": "\(reason)"])
            }
        }
    }
}

extension ReferenceInventory.Holding {
    /// What names the monitor of the reference.
    var key: MonitorKey {
        MonitorKey(
            model: file.reference.model,
            version: file.reference.version,
            digest: file.digest
        )
    }
}
