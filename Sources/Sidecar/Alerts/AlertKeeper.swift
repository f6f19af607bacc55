// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import Hosting
import Journal
import Logging
import NIOPosix
import Synchronization

/// Keeps the alerts over a restart: what changed at the desk goes to the disk before anybody is
/// told of it.
///
/// A file that fails stops no alert: they go on in memory, and are told, and once the file can be
/// written again everything is.
final class AlertKeeper: Sendable {
    /// How long a file that failed is left alone.
    static let retry = Duration.seconds(1)
    /// How long notifications wait for a file that could not be read at the start: without it
    /// nobody knows who was told what.
    static let patience = Duration.seconds(60)

    private let path: String
    private let logger: Logger
    private let startedAt = ContinuousClock.now
    private let startedWall = wallClockSeconds()
    /// Whether the desk goes on from what was kept; read without the lock that a commit holds.
    private let isResumed = Atomic<Bool>(false)
    /// The one thread that waits for the disk, so that nobody else's does.
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let state: Mutex<State>

    private struct State {
        /// Nil while the file cannot be used.
        var store: AlertStore?
        /// Whether what it held at the start is known.
        var isRead = false
        /// When it is tried again.
        var nextAttempt = ContinuousClock.now
        var failure: JournalError?
    }

    /// Opens the file in a state directory, or begins without it.
    init(directory: String, logger: Logger) {
        path = directory + "/" + AlertStore.fileName
        self.logger = logger
        state = Mutex(State())
        thread.start()
    }

    deinit { thread.shutdownGracefully { _ in } }

    /// What the last process left; nil when it cannot be read now.
    ///
    /// Waits for the disk.
    func load() -> KeptAlerts? {
        let kept = state.withLock { state in load(&state, now: wallClockSeconds()) }
        isResumed.store(kept != nil, ordering: .releasing)
        return kept
    }

    /// Whether notifications may be sent: what was told before is known, or never will be.
    var isReady: Bool {
        // Either clock: one that is set back makes nobody wait.
        isResumed.load(ordering: .acquiring) || startedAt.duration(to: .now) >= Self.patience
            || wallClockSeconds() - startedWall >= Self.patience.inSeconds
    }

    /// Keeps what has changed, together or not at all.
    ///
    /// Whoever calls this while somebody else does waits for both; one whose task is cancelled
    /// leaves at once.
    func keep(_ desk: AlertDesk) async {
        let thread = thread
        try? await Blocking.run {
            self.keep(desk, now: wallClockSeconds())
        } on: { work in
            thread.submit { _ in work() }
        }
    }

    private func keep(_ desk: AlertDesk, now: Double) {
        state.withLock { state in
            if state.store == nil {
                guard .now >= state.nextAttempt else { return }
                if state.isRead {
                    open(&state, now: now)
                    desk.keepAnew()
                } else if let kept = load(&state, now: now) {
                    desk.resume(from: kept, hasTold: isReady, now: now)
                    isResumed.store(true, ordering: .releasing)
                }
            }
            guard let store = state.store else { return }
            let changes = desk.takeChanges()
            guard !changes.isEmpty else { return }
            do throws(JournalError) {
                try store.commit(changes, time: now)
                if state.failure != nil { logger.info("alerts are kept again") }
                state.failure = nil
            } catch {
                desk.keepAgain(changes)
                failed(error, &state)
            }
        }
    }

    private func load(_ state: inout State, now: Double) -> KeptAlerts? {
        open(&state, now: now)
        guard let store = state.store else { return nil }
        do throws(JournalError) {
            let kept = try store.load()
            state.isRead = true
            return kept
        } catch {
            failed(error, &state)
            return nil
        }
    }

    private func open(_ state: inout State, now: Double) {
        do throws(JournalError) {
            let store = try AlertStore(path: path, time: now)
            for event in store.events { logger.error("\(event)") }
            state.store = store
        } catch {
            failed(error, &state)
        }
    }

    private func failed(_ error: JournalError, _ state: inout State) {
        if state.failure != error {
            logger.error(
                state.isRead
                    ? "alerts are not kept; a restart would forget them"
                    : "alerts cannot be read; notifications wait for them, a minute at most",
                metadata: ["reason": "\(error)"]
            )
        }
        state.failure = error
        state.store = nil
        // An attempt may have waited for long before it failed.
        state.nextAttempt = .now + Self.retry
    }
}
