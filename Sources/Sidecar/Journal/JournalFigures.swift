// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Exposition

/// What the journal has done since the process began.
package struct JournalFigures: Sendable, Equatable {
    /// Commits that are durable.
    package var commits: UInt64 = 0
    /// Commits, or attempts to open the file, that have failed.
    package var failures: UInt64 = 0
    /// Why it cannot be used now; nil when it can.
    package var failure: String?
    /// The size of its files, in bytes.
    package var fileBytes: Int = 0
    /// Commits by how long they took; the last are those above every bound.
    private var counts = [UInt64](repeating: 0, count: Self.bounds.values.count + 1)
    private var seconds = 0.0

    /// From a fast disk to one that is overloaded, in seconds.
    private static let bounds = Histogram.Bounds([
        0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10,
    ])

    /// Nothing was done yet.
    package init() {}

    /// How long commits took, in seconds.
    var durations: Histogram { Histogram(bounds: Self.bounds, counts: counts, sum: seconds) }

    /// A commit is durable after so many seconds.
    package mutating func committed(after seconds: Double) {
        commits += 1
        self.seconds += seconds
        let bucket = Self.bounds.values.firstIndex { seconds <= $0 }
        counts[bucket ?? counts.count - 1] += 1
    }
}
