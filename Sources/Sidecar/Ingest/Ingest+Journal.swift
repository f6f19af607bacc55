// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import Journal
import Synchronization

/// What the journal takes, and what it says.
extension Ingest {
    /// Changes the state under the lock, then tells connections what they are owed and wakes
    /// whoever keeps what has happened.
    @discardableResult
    func change<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        let (result, deliveries, rings) = state.withLock { state in
            let result = body(&state)
            let deliveries = state.takeDeliveries()
            return (result, deliveries, state.mustRing())
        }
        for (port, message) in deliveries { port(message) }
        if rings { bell.withLock { $0 }?() }
        return result
    }

    /// Has a function called when there is something to be kept.
    func onUnkept(_ wake: @escaping @Sendable () -> Void) {
        bell.withLock { $0 = wake }
        wake()
    }

    /// Bytes that wait to be kept, about.
    var unkeptBytes: Int { state.withLock { $0.monitors.unkeptBytes } }

    /// The socket is open from now on, or closed.
    func socketIsServed(_ isServed: Bool) {
        let now = clock()
        state.withLock { $0.keeping.coverage.serves(isServed, at: now) }
    }

    /// Takes over everything that is to be kept.
    ///
    /// - Parameter begins: Whether the journal is back after it had failed.
    /// - Returns: What is to be committed, and `isDurable` be told of.
    func takeUnkept(begins: Bool = false) -> JournalCommit {
        let now = clock()
        return state.withLock { state in
            if begins { state.keeping.isUp = true }
            state.keeping.isRung = false
            state.keeping.isPressed = false
            state.sessions.expire(now: now)
            let sessions = state.sessions.takeChanges()
            return JournalCommit(
                time: now,
                monitors: state.monitors.takeChanges(),
                sessions: sessions.progress,
                endedSessions: sessions.ended,
                coverage: state.keeping.coverage.take(at: now)
            )
        }
    }

    /// What the journal has kept of some monitors.
    func readKept(of keys: Set<MonitorKey>) -> [MonitorKey: StoredMonitor] {
        read(state.withLock { $0.monitors.sources.filter { keys.contains($0.key) } })
    }

    /// Goes on from what was kept before this process, which could be read only now.
    ///
    /// What monitors have counted in the meantime is given up: it was never to be kept.
    func adopt(_ sessions: [SessionProgress], _ stored: [MonitorKey: StoredMonitor]) {
        let restoration = change { state in
            state.sessions.adopt(sessions)
            state.keeping.isRead = true
            state.keeping.deliveries += state.connections.takeUngreeted()
            let restoration = state.monitors.adopt(stored)
            // What comes before the next commit is not collected yet: that keeps the whole state.
            state.monitors.keepAnew()
            return restoration
        }
        tell(restoration)
    }

    /// What was kept before this process cannot be read yet: nobody is greeted who waits for
    /// acknowledgements, and nothing is kept.
    func journalIsMissed() {
        state.withLock { state in
            state.keeping.isRead = false
            state.keeping.isUp = false
        }
    }

    /// What was taken is durable.
    func isDurable(_ commit: JournalCommit) {
        change { state in
            state.keeping.deliveries += state.sessions.areKept(commit.sessions)
            state.keeping.deliveries += state.connections.takeHeld()
        }
    }

    /// What was taken could not be kept: nothing is queued until the journal is back, and then
    /// everything is kept anew.
    func journalHasFailed() {
        change { state in
            state.keeping.isUp = false
            state.monitors.keepAnew()
            state.sessions.keepAnew()
            state.keeping.deliveries += state.sessions.answerHellos()
            state.keeping.deliveries += state.connections.takeHeld()
        }
    }
}

extension Ingest.State {
    /// Whether whoever keeps is to be woken now: for the first of what gathers, and when that is
    /// enough for a commit.
    fileprivate mutating func mustRing() -> Bool {
        guard keeping.isKept else { return false }
        let bytes = monitors.unkeptBytes
        if !keeping.isRung, bytes > 0 || sessions.hasChanges {
            keeping.isRung = true
            return true
        }
        guard !keeping.isPressed, bytes >= Keeping.commitBytes else { return false }
        keeping.isPressed = true
        return true
    }

    /// Takes what is to be told, with how each connection is reached.
    fileprivate mutating func takeDeliveries() -> [(ConnectionTable.Port, SessionTable.Message)] {
        guard !keeping.deliveries.isEmpty else { return [] }
        defer { keeping.deliveries = [] }
        return keeping.deliveries.compactMap { delivery in
            connections[delivery.connection].map { ($0.port, delivery.message) }
        }
    }
}
