// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What came in since the process began; numbers only grow, but for a restart.
package struct TrafficSample: Sendable, Equatable {
    /// What came for one model version.
    package struct Version: Sendable, Equatable {
        /// The model.
        package var model: String
        /// Its version.
        package var version: String
        /// Records accepted, failed ones included.
        package var records: UInt64
        /// Records whose outcome was not `ok`.
        package var failed: UInt64
        /// When the last record came, in Unix seconds of the wall clock; nil if none has.
        package var lastRecord: Double?
        /// Whether its windows are watched; what has ended is not.
        package var isWatched: Bool

        /// Describes a model version's traffic.
        package init(
            model: String,
            version: String,
            records: UInt64,
            failed: UInt64,
            lastRecord: Double?,
            isWatched: Bool = true
        ) {
            self.model = model
            self.version = version
            self.records = records
            self.failed = failed
            self.lastRecord = lastRecord
            self.isWatched = isWatched
        }
    }

    /// The model versions with a reference.
    package var versions: [Version]
    /// Lines rejected under any reason.
    package var rejected: UInt64
    /// Records that producers say they dropped.
    package var dropped: UInt64

    /// Describes what came in.
    package init(versions: [Version], rejected: UInt64 = 0, dropped: UInt64 = 0) {
        self.versions = versions
        self.rejected = rejected
        self.dropped = dropped
    }

    /// Records accepted of all model versions.
    var records: UInt64 { versions.reduce(0) { $0 &+ $1.records } }
}

/// A share over the last while, of two numbers that grow: of `whole` how much was `part`.
///
/// A few samples stand for the while, so that a rule takes the same memory whatever its span: it
/// is exact to a tenth of the span.
struct RatioWindow: Sendable {
    private struct Sample {
        var time: Double
        var part: UInt64
        var whole: UInt64
    }

    /// Samples that stand for the span.
    private static let slices = 10.0
    private let span: Double
    private var samples: [Sample] = []

    /// Looks back over a span of seconds.
    init(span: Double) {
        self.span = span
    }

    /// Takes what the numbers are now.
    ///
    /// - Returns: By how much they grew within the span; nil after the first sample, or when they
    ///   were counted anew.
    mutating func add(
        part: UInt64,
        whole: UInt64,
        at time: Double
    ) -> (part: UInt64, whole: UInt64)? {
        let now = Sample(time: time, part: part, whole: whole)
        if let last = samples.last,
            last.part > part || last.whole > whole || last.time > time
        {
            samples = []
        }
        // The oldest that is kept is the last one at or before the beginning of the span.
        while samples.count > 1, samples[1].time <= time - span { samples.removeFirst() }
        let first = samples.first
        if samples.last.map({ time - $0.time >= span / Self.slices }) ?? true {
            samples.append(now)
        }
        return first.map { (part - $0.part, whole - $0.whole) }
    }
}
