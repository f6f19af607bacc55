// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// How a request for a prediction ended.
package enum PredictionOutcome: String, Sendable, Equatable, CaseIterable {
    /// Answered.
    case ok
    /// Refused for what it said: 4xx.
    case rejected
    /// Failed for another reason: 5xx.
    case failed
}

/// The live counters of one model version; any thread counts, without a lock.
package final class ModelCounters: Sendable {
    /// The upper bounds of the latency histogram's buckets, in seconds; +Inf comes after them.
    package static let latencyBounds: [Double] = [
        0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
        1, 2.5,
    ]

    private let outcomes = [Counter](count: PredictionOutcome.allCases.count)
    private let buckets = [Counter](count: ModelCounters.latencyBounds.count + 1)
    private let nanoseconds = Counter()
    private let rows = Counter()

    /// Has counted nothing.
    package init() {}
}

/// An atomic count of its own.
final class Counter: Sendable {
    private let value = Atomic<UInt64>(0)

    var count: UInt64 { value.load(ordering: .relaxed) }

    func add(_ number: UInt64) { value.wrappingAdd(number, ordering: .relaxed) }
}

extension [Counter] {
    init(count: Int) {
        self = (0..<count).map { _ in Counter() }
    }
}

extension ModelCounters {
    /// Counts one request.
    ///
    /// - Parameters:
    ///   - outcome: How it ended.
    ///   - rows: Rows predicted.
    ///   - latency: From the last byte of the request to the answer.
    package func count(_ outcome: PredictionOutcome, rows: Int, latency: Duration) {
        let (seconds, attoseconds) = latency.components
        let spent = max(0, Double(seconds) + Double(attoseconds) * 1e-18)
        let bucket = Self.latencyBounds.firstIndex { spent <= $0 } ?? Self.latencyBounds.count
        outcomes[PredictionOutcome.allCases.firstIndex(of: outcome) ?? 0].add(1)
        buckets[bucket].add(1)
        nanoseconds.add(UInt64(min(spent * 1e9, 1e18)))
        self.rows.add(UInt64(rows))
    }

    /// What was counted up to now.
    package struct Snapshot: Sendable {
        /// Requests by outcome.
        package var requests: [PredictionOutcome: UInt64]
        /// Requests by bucket of `latencyBounds`, not cumulative; the last is beyond them.
        package var buckets: [UInt64]
        /// Seconds in all.
        package var latencySeconds: Double
        /// Rows in all.
        package var rows: UInt64
    }

    /// What was counted up to now.
    package var snapshot: Snapshot {
        Snapshot(
            requests: Dictionary(
                uniqueKeysWithValues: zip(PredictionOutcome.allCases, outcomes.map(\.count))
            ),
            buckets: buckets.map(\.count),
            latencySeconds: Double(nanoseconds.count) / 1e9,
            rows: rows.count
        )
    }
}
