// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Observations counted by size, as one series of a histogram family.
package struct Histogram: Sendable, Equatable {
    /// The upper bounds of the buckets.
    package struct Bounds: Sendable, Equatable {
        /// The finite bounds, ascending; a bucket counts what is not above its own.
        package let values: [Double]
        /// The label of each bucket, that of `+Inf` last.
        let labels: [Labels]

        /// Takes bounds; keep them, since their labels are rendered here.
        ///
        /// - Precondition: They are finite and ascend.
        package init(_ values: [Double]) {
            precondition(
                values.allSatisfy(\.isFinite) && zip(values, values.dropFirst()).allSatisfy(<),
                "the bounds of a histogram are finite and ascend: \(values)"
            )
            self.values = values
            labels = (values + [.infinity]).map(Labels.init(upperBound:))
        }
    }

    /// The upper bounds.
    package let bounds: Bounds
    /// Observations by bucket, not cumulative; the last are those above every bound.
    package let counts: [UInt64]
    /// The sum of all observations, in the family's unit.
    package let sum: Double

    /// Puts a histogram together.
    ///
    /// - Precondition: There is one count more than there are bounds.
    package init(bounds: Bounds, counts: [UInt64], sum: Double) {
        precondition(
            counts.count == bounds.values.count + 1,
            "\(counts.count) counts for \(bounds.values.count) bounds and +Inf"
        )
        self.bounds = bounds
        self.counts = counts
        self.sum = sum
    }
}
