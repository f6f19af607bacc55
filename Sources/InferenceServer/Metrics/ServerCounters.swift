// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The live counters of the server that belong to no model version.
package final class ServerCounters: Sendable {
    /// Reasons that are told apart; further ones are counted as `other`.
    static let maximumReasons = 64

    private let underWay = Atomic<Int>(0)
    private let reasons = Mutex<[String: UInt64]>([:])
    /// Requests for predictions that found no model version.
    let unknown = ModelCounters()

    /// Has counted nothing.
    package init() {}

    /// Requests taken in and not answered.
    package var inFlight: Int { max(0, underWay.load(ordering: .relaxed)) }

    /// Requests for predictions that did not end well, by reason.
    package var errors: [String: UInt64] { reasons.withLock { $0 } }

    /// Counts a request in.
    ///
    /// - Returns: How many there are now.
    package func enter() -> Int {
        underWay.wrappingAdd(1, ordering: .relaxed).newValue
    }

    /// Counts a request out.
    package func leave() {
        underWay.wrappingSubtract(1, ordering: .relaxed)
    }

    /// Counts a request that is over; only those for predictions have an outcome.
    package func count(_ summary: RequestSummary, latency: Duration) {
        guard let outcome = summary.outcome else { return }
        let counters = summary.served?.counters ?? unknown
        counters.count(outcome, rows: outcome == .ok ? summary.rows : 0, latency: latency)
        guard outcome != .ok else { return }
        let reason = summary.reason ?? "other"
        reasons.withLock { reasons in
            let isKnown = reasons[reason] != nil || reasons.count < Self.maximumReasons
            reasons[isKnown ? reason : "other", default: 0] += 1
        }
    }
}
