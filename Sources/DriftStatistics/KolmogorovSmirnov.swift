// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The two-sample Kolmogorov-Smirnov statistic of a window on a reference's cells.
///
/// At a knot and at the end of the gap before it both distribution functions are known. If every
/// distinct value of the reference is a knot, its function is constant in a gap and the window's
/// only rises, so the supremum lies at one of these places and the statistic is exact, ties
/// included. Otherwise it is too low by at most `NumericReference.errorBound`.
///
/// Source: D. dos Reis et al., "Fast unsupervised online drift detection using incremental
/// Kolmogorov-Smirnov test", KDD 2016, for the incremental test; the cells are ours.
struct KolmogorovSmirnov: Sendable {
    /// The reference's distribution function at the end of each cell of values.
    private let reference: [Double]
    /// The reference's rows with a value, n.
    private let present: UInt64
    private let errorBound: Double

    /// Prepares the comparison with a reference.
    init(_ numeric: NumericReference) {
        var below: UInt64 = 0
        reference = numeric.cellCounts.map { rows in
            below += rows
            return Double(below) / Double(numeric.present)
        }
        present = numeric.present
        errorBound = numeric.errorBound
    }

    /// Fills in the statistic, its probability and error bound, and what lies out of range.
    ///
    /// They stay undefined if either side has no row with a value.
    ///
    /// - Parameters:
    ///   - counts: The window's rows in each cell.
    ///   - statistics: Of which `present` is known.
    /// - Complexity: O(cells), no allocation.
    func compare(_ counts: Span<UInt64>, into statistics: inout FeatureStatistics) {
        guard present > 0, statistics.present > 0 else { return }
        let (n, m) = (Double(present), Double(statistics.present))
        let statistic = supremum(counts, m)
        statistics.ksStatistic = statistic
        statistics.ksPValue = kolmogorovSurvival((n * m / (n + m)).squareRoot() * statistic)
        statistics.ksErrorBound = errorBound
        statistics.ksNoiseFloor = NoiseFloor(referenceRows: n, windowRows: m).ksStatistic
        let (below, above) = (counts[0], counts[reference.count - 1])
        statistics.belowRange = below
        statistics.aboveRange = above
        let outside = below &+ above
        statistics.outOfRangeRatio = Double(outside) / m
    }

    /// The largest distance of the distribution functions.
    ///
    /// Both are quotients rounded once, so where the shares are equal the distance is exactly 0.
    private func supremum(_ counts: Span<UInt64>, _ present: Double) -> Double {
        let reference = reference.span
        var below: UInt64 = 0
        var supremum = 0.0
        for cell in reference.indices {
            below &+= counts[cell]
            supremum = max(supremum, abs(reference[cell] - Double(below) / present))
        }
        return supremum
    }
}
