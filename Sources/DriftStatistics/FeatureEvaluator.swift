// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Compares windows of one feature with its reference.
///
/// Everything that depends on the reference alone is computed once, here.
package struct FeatureEvaluator: Sendable {
    private let bins: Bins
    private let comparison: BinComparison
    private let kolmogorovSmirnov: KolmogorovSmirnov?

    /// Prepares the comparison with a feature's reference.
    ///
    /// - Complexity: O(cells).
    package init(_ feature: FeatureReference) {
        bins = feature.bins
        comparison = BinComparison(reference: feature.binCounts)
        kolmogorovSmirnov =
            switch feature.distribution {
            case .numeric(let numeric): KolmogorovSmirnov(numeric)
            case .categorical: nil
            }
    }

    /// The window's rows in each bin, the missing bin last.
    ///
    /// - Parameter counts: The window's rows in each cell, the missing cell last.
    /// - Returns: Their sum in each bin.
    /// - Precondition: As many counts as the feature has cells.
    /// - Complexity: O(cells), one array.
    package func binCounts(of counts: Span<UInt64>) -> [UInt64] { bins.sums(of: counts) }

    /// The statistics of a window.
    ///
    /// - Parameter counts: The window's rows in each cell, the missing cell last.
    /// - Returns: Every statistic; all are undefined if there are no rows.
    /// - Precondition: As many counts as the feature has cells.
    /// - Complexity: O(cells); the bins' counts are all that is allocated.
    package func statistics(of counts: Span<UInt64>) -> FeatureStatistics {
        let window = bins.sums(of: counts)
        // Wrapping, as in `Bins`.
        let rows = window.reduce(0, &+)
        let present = rows &- counts[counts.count - 1]
        var statistics = FeatureStatistics(rows: rows, present: present, bins: window)
        guard rows > 0 else { return statistics }
        statistics.missingRatio = Double(rows - present) / Double(rows)
        comparison.compare(into: &statistics)
        if let kolmogorovSmirnov {
            kolmogorovSmirnov.compare(counts, into: &statistics)
        } else {
            comparison.chiSquare(into: &statistics)
            // Of no values none is unseen, as the oracle has it.
            statistics.unseenRatio = Double(counts[counts.count - 2]) / Double(max(present, 1))
        }
        return statistics
    }
}
