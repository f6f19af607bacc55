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
    private var tally = HistogramTally(Self.bounds)

    /// From a fast disk to one that is overloaded, in seconds.
    private static let bounds = Histogram.Bounds([
        0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10,
    ])

    /// Nothing was done yet.
    package init() {}

    /// How long commits took, in seconds.
    var durations: Histogram { tally.histogram }

    /// A commit is durable after so many seconds.
    package mutating func committed(after seconds: Double) {
        commits += 1
        tally.observe(seconds)
    }
}
