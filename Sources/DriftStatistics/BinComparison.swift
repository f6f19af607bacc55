// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The statistics that compare shares of bins: p of the reference, q of the window.
///
/// Every sum is written so that equal shares add exactly 0, and near ones lose nothing to
/// cancellation: the square roots below would make 1e-8 of an error of 1e-16.
struct BinComparison: Sendable {
    /// Shares below this count as this in the population stability index, so that it stays finite.
    static let psiFloor = 1e-4

    /// The reference's rows in each bin.
    private let reference: [UInt64]
    /// The reference's rows, n.
    private let rows: UInt64

    /// Prepares the comparison with a reference's rows in each bin.
    init(reference: [UInt64]) {
        self.reference = reference
        rows = reference.reduce(0, +)
    }

    /// Fills in the statistics of shares, and their noise floors.
    ///
    /// They stay undefined if either side has no rows.
    ///
    /// - Complexity: O(bins), no allocation.
    func compare(into statistics: inout FeatureStatistics) {
        guard rows > 0, statistics.rows > 0 else { return }
        let (n, m) = (Double(rows), Double(statistics.rows))
        var occupied = 0
        var jensenShannon = 0.0
        var psi = 0.0
        var squaredHellinger = 0.0
        var absolute = 0.0
        var largest = 0.0
        for (referenceRows, windowRows) in zip(reference, statistics.bins)
        where referenceRows != 0 || windowRows != 0 {
            let (p, q) = (Double(referenceRows) / n, Double(windowRows) / m)
            occupied += 1
            jensenShannon += jensenShannonTerm(p, q)
            psi += psiTerm(p, q)
            let difference = p.squareRoot() - q.squareRoot()
            squaredHellinger += difference * difference / 2
            absolute += abs(p - q)
            largest = max(largest, abs(p - q))
        }
        // The terms are never negative; rounding may only carry the sums of shares above 1.
        let divergence = min(jensenShannon, 1)
        statistics.jsDivergence = divergence
        statistics.jsDistance = divergence.squareRoot()
        statistics.psi = psi
        statistics.hellinger = min(squaredHellinger, 1).squareRoot()
        statistics.totalVariation = min(absolute / 2, 1)
        statistics.lInfinity = largest
        let floor = NoiseFloor(referenceRows: n, windowRows: m)
        statistics.jsNoiseFloor = floor.jsDivergence(occupiedBins: occupied)
        statistics.psiNoiseFloor = floor.psi(occupiedBins: occupied)
    }

    /// Fills in Pearson's χ² of the 2 × B table of counts without empty columns.
    ///
    /// With c = r + w rows of both sides in a column, (O − E)² / E of its two cells sums up to
    /// n·m·(r/n − w/m)² / c. Undefined if fewer than two columns have rows or one side has none.
    ///
    /// - Complexity: O(bins), no allocation.
    func chiSquare(into statistics: inout FeatureStatistics) {
        guard rows > 0, statistics.rows > 0 else { return }
        let (n, m) = (Double(rows), Double(statistics.rows))
        var columns = 0
        var sum = 0.0
        for (referenceRows, windowRows) in zip(reference, statistics.bins)
        where referenceRows != 0 || windowRows != 0 {
            let (r, w) = (Double(referenceRows), Double(windowRows))
            let difference = r / n - w / m
            columns += 1
            sum += difference * difference / (r + w)
        }
        guard columns > 1 else { return }
        let chiSquare = n * m * sum
        statistics.chiSquare = chiSquare
        statistics.chiSquarePValue = chiSquareSurvival(chiSquare, degreesOfFreedom: columns - 1)
    }
}

/// One bin's share of the Jensen-Shannon divergence: ½·(p·log₂(p/a) + q·log₂(q/a)), a = (p + q)/2.
///
/// With p = a·(1 + e) and q = a·(1 − e) it is ½·a·((1 + e)·log₂(1 + e) + (1 − e)·log₂(1 − e)).
private func jensenShannonTerm(_ p: Double, _ q: Double) -> Double {
    // An empty side leaves ½·p·log₂ 2, where e is ±1 and the logarithm infinite.
    guard p > 0, q > 0 else { return (p + q) / 2 }
    let e = (p - q) / (p + q)
    let nats = (p * log1p(e) + q * log1p(-e)) / 2
    return max(0, nats / M_LN2)
}

/// One bin's share of the population stability index, never negative.
private func psiTerm(_ p: Double, _ q: Double) -> Double {
    let (p, q) = (max(p, BinComparison.psiFloor), max(q, BinComparison.psiFloor))
    return (q - p) * log(q / p)
}
