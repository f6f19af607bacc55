// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import Hosting
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
            let monitors = state.monitors.takeChanges()
            state.keeping.unsettled.formUnion(monitors.map(\.key))
            return JournalCommit(
                time: now,
                monitors: monitors,
                sessions: sessions.progress,
                endedSessions: sessions.ended,
                coverage: state.keeping.coverage.take(at: now)
            )
        }
    }

    /// Waits a little until all that has happened to monitors is in the journal; blocks.
    ///
    /// A reference that comes back just after it was replaced finds its last rows there.
    /// - Returns: The references whose monitors are not on their way to the journal any more.
    func settled(_ sources: [MonitorSet.Source]) -> [MonitorSet.Source] {
        let end = ContinuousClock.now + Keeping.settling
        while true {
            let (pending, isUp) = state.withLock { state in
                (state.monitors.departingKeys.union(state.keeping.unsettled), state.keeping.isUp)
            }
            let rest = sources.filter { !pending.contains($0.key) }
            if rest.count == sources.count || !isUp || .now >= end { return rest }
            bell.withLock { $0 }?()
            pauseThread(milliseconds: 5)
        }
    }

    /// The monitors that the journal must not forget, and after how many seconds without records it
    /// may forget others.
    var remembered: (keys: Set<MonitorKey>, seconds: Int) {
        state.withLock { ($0.monitors.keptKeys, $0.monitors.settings.expireSeconds) }
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
            // Commits are made one after the other: of earlier ones nothing is open.
            state.keeping.unsettled = []
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
