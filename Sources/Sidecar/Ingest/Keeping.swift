// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import Journal

/// What the ingest knows of its journal.
struct Keeping: Sendable {
    /// Bytes that may wait to be kept before acknowledged producers are read no further.
    static let limitBytes = 8 << 20
    /// Bytes that are worth a commit at once.
    static let commitBytes = 1 << 20
    /// How long a reference that comes back waits for what was counted before.
    static let settling = Duration.seconds(1)

    /// Whether there is a journal at all.
    let isKept: Bool
    /// Whether it takes what it is given.
    var isUp: Bool
    /// Whether what it has kept before this process was read.
    ///
    /// Until then nobody who waits for
    /// acknowledgements is greeted: it is not known where a session stands.
    var isRead: Bool
    /// Whether whoever keeps was woken and has not come yet.
    var isRung = false
    /// Whether it was woken once more, since there is enough for a commit.
    var isPressed = false
    /// Monitors of which something was taken that is not known to be durable.
    var unsettled: Set<MonitorKey> = []
    /// What of the time was really watched.
    var coverage = CoverageTally()
    /// What is to be told to connections once the lock is free.
    var deliveries: [SessionTable.Delivery] = []

    init(isKept: Bool, isRead: Bool) {
        self.isKept = isKept
        self.isRead = isRead
        isUp = isKept && isRead
    }
}

/// How much of each quarter of an hour was watched, since it was last kept.
struct CoverageTally: Sendable, Equatable {
    /// Quarters that wait to be kept at most; the oldest make room.
    static let limit = 1_000

    private var deltas: [CoverageDelta] = []
    private var servedSince: Double?

    /// The socket is open from now on, or closed.
    mutating func serves(_ isServed: Bool, at now: Double) {
        advance(to: now)
        servedSince = isServed ? now : nil
    }

    /// Producers have dropped records.
    mutating func dropped(_ count: UInt64, at now: Double) {
        guard count > 0 else { return }
        deltas[index(of: quarterNumber(at: now))].dropped += count
    }

    /// Takes what is to be kept.
    mutating func take(at now: Double) -> [CoverageDelta] {
        advance(to: now)
        defer { deltas = [] }
        return deltas
    }

    /// Counts the time served up to now; a clock that was set back counts from where it stands.
    private mutating func advance(to now: Double) {
        guard let since = servedSince else { return }
        servedSince = now
        var start = since
        while start < now {
            let quarter = quarterNumber(at: start)
            let end = min(now, Double((quarter + 1) * LedgerDelta.quarterSeconds))
            deltas[index(of: quarter)].seconds += end - start
            start = end
        }
    }

    private mutating func index(of quarter: Int) -> Int {
        if let index = deltas.lastIndex(where: { $0.quarter == quarter }) { return index }
        if deltas.count == Self.limit { deltas.removeFirst() }
        deltas.append(CoverageDelta(quarter: quarter))
        return deltas.count - 1
    }
}
