// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import Glibc
import Hosting
import Journal
import Logging
import Synchronization

/// The journal's file and how it does: open, or failed and to be tried again.
///
/// A journal that fails costs no record: everything is measured on in memory, nothing is queued,
/// and once the file can be used again the whole state is written anew.
final class JournalKeeper: Sendable {
    /// Wakes the thread that keeps.
    let bell: Bell
    private let path: String
    private let options: JournalStore.Options
    private let logger: Logger
    private let state = Mutex(State())

    private struct State: Sendable {
        /// Nil while the journal cannot be used.
        var store: JournalStore?
        var figures = JournalFigures()
        /// What was asked for and could not be read.
        var missed = Missed()
        /// Whether the sidecar has asked for all that it needs to begin.
        var hasBegun = false
    }

    /// What was asked for and could not be read: it is on the disk, and nothing may take its place.
    struct Missed: Sendable {
        var sessions = false
        var monitors: Set<MonitorKey> = []

        /// Whether there is nothing.
        var isEmpty: Bool { !sessions && monitors.isEmpty }
    }

    /// Opens the journal, or begins without it.
    ///
    /// - Throws: `SystemError` when there are no descriptors left.
    init(directory: String, options: JournalStore.Options, logger: Logger) throws(SystemError) {
        path = directory + "/" + JournalStore.fileName
        self.options = options
        self.logger = logger
        bell = try Bell()
        // A limit on the size of files is then an error like a full disk, and no end of the process.
        signal(SIGXFSZ, SIG_IGN)
        open()
    }

    /// The journal; nil while it cannot be used.
    var store: JournalStore? { state.withLock { $0.store } }

    /// What was asked for and could not be read.
    var missed: Missed { state.withLock { $0.missed } }

    /// Everything that is there at the start was asked for.
    ///
    /// What is asked for later and cannot be read begins anew.
    ///
    /// - Returns: Whether something could not be read.
    func begins() -> Bool {
        state.withLock { state in
            state.hasBegun = true
            return !state.missed.isEmpty
        }
    }

    /// What had been missed was read.
    func caughtUp() {
        state.withLock { $0.missed = Missed() }
    }

    /// What was done up to now.
    var figures: JournalFigures { state.withLock { $0.figures } }

    /// The sessions that are kept; nil while they cannot be read.
    func sessions() -> [SessionProgress]? {
        do throws(JournalError) {
            if let store { return try store.sessions() }
        } catch {
            failed(error)
        }
        state.withLock { $0.missed.sessions = true }
        return nil
    }

    /// What is kept of a reference's monitor; nil when there is nothing, or it was kept under
    /// another layout.
    func monitor(of source: MonitorSet.Source, layout: String) -> StoredMonitor? {
        let cellCount = CellLayout(source.reference).cellCount
        do throws(JournalError) {
            if let store {
                return try store.loadMonitor(source.key, layout: layout, cellCount: cellCount)
            }
        } catch .refused(let key, let reason) {
            logger.error(
                "windows not restored; they begin anew",
                metadata: ["monitor": "\(key)", "reason": "\(reason)"]
            )
            return nil
        } catch {
            failed(error)
        }
        state.withLock { state in
            if !state.hasBegun || !state.missed.isEmpty { state.missed.monitors.insert(source.key) }
        }
        return nil
    }

    /// Opens the journal.
    ///
    /// - Returns: The journal, if it can be used.
    @discardableResult
    func open() -> JournalStore? {
        do throws(JournalError) {
            let store = try JournalStore(path: path, time: wallClockSeconds(), options: options)
            for event in store.events { logger.error("\(event)") }
            let isBack = state.withLock { state in
                state.store = store
                return state.figures.failure != nil
            }
            if isBack { logger.notice("the journal can be opened again; everything is kept anew") }
            return store
        } catch {
            failed(error)
            return nil
        }
    }

    /// A commit is durable.
    func committed(to store: JournalStore, after duration: Duration) {
        let bytes = store.fileBytes
        state.withLock { state in
            state.figures.failure = nil
            state.figures.committed(after: duration.inSeconds)
            state.figures.fileBytes = bytes
        }
    }

    /// Goes on without the journal; the log has each reason once.
    func failed(_ error: JournalError) {
        let isNew = state.withLock { state in
            state.store = nil
            state.figures.failures += 1
            defer { state.figures.failure = error.description }
            return state.figures.failure != error.description
        }
        guard isNew else { return }
        logger.error(
            "the journal fails; measuring goes on in memory, nothing is acknowledged",
            metadata: ["reason": "\(error)", "path": "\(path)"]
        )
    }

    /// The windows of monitors that nobody watches any more are gone.
    func forgot(_ keys: [MonitorKey]) {
        for key in keys {
            logger.info(
                "windows of a reference that is not in force any more are forgotten",
                metadata: ["monitor": "\(key)"]
            )
        }
    }

    /// Closes the file; nothing may be asked of it any more.
    func close() {
        let store = state.withLock { state in
            defer { state.store = nil }
            return state.store
        }
        do throws(JournalError) {
            try store?.close()
        } catch {
            logger.error("the journal was not closed", metadata: ["reason": "\(error)"])
        }
    }
}
