// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting
import Journal
import ServiceLifecycle

/// Keeps what the ingest gathers, on a thread of its own: takes it over, commits it, and says that
/// it is durable.
struct JournalService: Service {
    /// How long records gather before they are committed together.
    static let linger = Duration.milliseconds(20)
    /// Without anything to keep a commit is made all the same, for the coverage.
    static let heartbeat = Duration.seconds(10)
    /// How often monitors that nobody watches any more are looked for.
    static let sweep = Duration.seconds(600)
    /// How much longer than `expire` they are kept: one that comes back just then is still whole.
    static let grace = 60.0
    /// How long it takes until a journal that has failed is tried again.
    static let retry = Duration.seconds(1)

    let keeper: JournalKeeper
    let ingest: Ingest

    func run() async throws {
        let (keeper, ingest) = (keeper, ingest)
        ingest.onUnkept { keeper.bell.ring() }
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await keeper.bell.run { stopped in
                var loop = KeepingLoop(keeper: keeper, ingest: ingest)
                loop.run(stopped)
            }
        } onCancelOrGracefulShutdown: {
            keeper.bell.stop()
        }
    }
}

/// The thread's own.
private struct KeepingLoop {
    let keeper: JournalKeeper
    let ingest: Ingest
    /// A commit of which it is not known whether it took effect, and the number of the one before.
    private var unsettled: JournalCommit?
    private var lastNumber = 0
    private var isUp = true
    /// When monitors that nobody watches any more are looked for next.
    private var nextSweep = ContinuousClock.now

    init(keeper: JournalKeeper, ingest: Ingest) {
        self.keeper = keeper
        self.ingest = ingest
    }

    mutating func run(_ stopped: () -> Bool) {
        if !keeper.missed.isEmpty { hasFailed() }
        if let store = keeper.store { settle(store) }
        while !stopped() {
            if let store = keeper.store, keeper.missed.isEmpty {
                keeper.bell.wait(for: nil, within: JournalService.heartbeat)
                gather(stopped)
                commit(to: store)
                sweep(store)
            } else {
                if isUp { hasFailed() }
                keeper.bell.pause(JournalService.retry)
                if !stopped(), let store = keeper.open() {
                    settle(store)
                    if catchUp() { commit(to: store) }
                }
            }
        }
        // What came while the socket was read out.
        if keeper.missed.isEmpty, let store = keeper.store { commit(to: store) }
        keeper.close()
    }

    /// Lets records gather that are to be committed together.
    private func gather(_ stopped: () -> Bool) {
        guard !stopped(), ingest.unkeptBytes < Keeping.commitBytes else { return }
        keeper.bell.wait(for: nil, within: JournalService.linger)
    }

    private mutating func commit(to store: JournalStore) {
        var commit = ingest.takeUnkept(begins: !isUp)
        isUp = true
        if let unsettled { commit.inherit(unsettled) }
        let start = ContinuousClock.now
        var isDurable = false
        do throws(JournalError) {
            lastNumber = try store.commit(commit)
            isDurable = true
            unsettled = nil
            // Whoever sees an acknowledgement finds the journal up.
            keeper.committed(to: store, after: start.duration(to: .now))
            ingest.isDurable(commit)
            try store.checkpointIfLarge()
            try store.reclaim()
        } catch {
            // What fails behind the commit leaves nothing in doubt: added once more it counts twice.
            unsettled = isDurable ? nil : commit
            keeper.failed(error)
            hasFailed()
        }
    }

    /// Now and then forgets monitors that nobody watches any more.
    ///
    /// One whose reference comes back before goes on; after `expire` it would have ended anyway.
    private mutating func sweep(_ store: JournalStore) {
        guard isUp, .now >= nextSweep else { return }
        nextSweep = .now + JournalService.sweep
        let (keys, seconds) = ingest.remembered
        let time = wallClockSeconds() - Double(seconds) - JournalService.grace
        do throws(JournalError) {
            keeper.forgot(try store.forgetMonitors(but: keys, before: time))
        } catch {
            keeper.failed(error)
        }
    }

    /// Has the ingest go on from what was kept and could not be read before.
    ///
    /// - Returns: Whether that is done; else nothing may be kept, as it would take its place.
    private func catchUp() -> Bool {
        let missed = keeper.missed
        guard !missed.isEmpty else { return true }
        guard let sessions = keeper.sessions() else { return false }
        let monitors = ingest.readKept(of: missed.monitors)
        guard keeper.store != nil else { return false }
        keeper.caughtUp()
        ingest.adopt(sessions, monitors)
        return true
    }

    private mutating func hasFailed() {
        isUp = false
        ingest.journalHasFailed()
    }

    /// Finds out whether the commit that failed took effect all the same.
    private mutating func settle(_ store: JournalStore) {
        do throws(JournalError) {
            guard let last = try store.lastCommit() else { return }
            if last.number > lastNumber { unsettled = nil }
            lastNumber = last.number
        } catch {
            keeper.failed(error)
        }
    }
}
