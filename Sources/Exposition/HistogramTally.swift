// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Counts observations by bucket, for a histogram.
package struct HistogramTally: Sendable, Equatable {
    private let bounds: Histogram.Bounds
    private var counts: [UInt64]
    private var sum = 0.0

    /// Counts nothing yet.
    package init(_ bounds: Histogram.Bounds) {
        self.bounds = bounds
        counts = [UInt64](repeating: 0, count: bounds.values.count + 1)
    }

    /// Counts an observation, in the family's unit.
    package mutating func observe(_ value: Double) {
        sum += value
        let bucket = bounds.values.firstIndex { value <= $0 }
        counts[bucket ?? counts.count - 1] += 1
    }

    /// What was counted.
    package var histogram: Histogram { Histogram(bounds: bounds, counts: counts, sum: sum) }
}
