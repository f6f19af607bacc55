// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What statistics are expected to be without drift, because both samples are finite.
///
/// With n rows of the reference and m of the window, all of one distribution, to the first order
/// in s = 1/n + 1/m: `8·JS/s` (in nats) and `PSI/s` follow χ² with B − 1 degrees of freedom for B
/// bins, and D/√s follows Kolmogorov's law, whose mean is √(π/2)·ln 2.
///
/// Ties make D's expectation smaller. Shares floored by the PSI, and bins of few expected rows,
/// make those of the other two inexact.
struct NoiseFloor {
    /// s = 1/n + 1/m.
    private let spread: Double

    /// The floors of two samples; neither may be empty.
    ///
    /// - Parameters:
    ///   - referenceRows: n; for `ksStatistic`, of rows with a value only.
    ///   - windowRows: m, likewise.
    init(referenceRows: Double, windowRows: Double) {
        spread = 1 / referenceRows + 1 / windowRows
    }

    /// E[D] ≈ √(π/2)·ln 2·√s = 0.8687·√s, at most 1.
    var ksStatistic: Double { min(1, (Double.pi / 2).squareRoot() * M_LN2 * spread.squareRoot()) }

    /// E[JS] ≈ (B − 1)·s / (8·ln 2) bits, at most 1, for B bins with rows of either side.
    func jsDivergence(occupiedBins: Int) -> Double {
        min(1, Double(occupiedBins - 1) * spread / (8 * M_LN2))
    }

    /// E[PSI] ≈ (B − 1)·s for B bins with rows of either side.
    func psi(occupiedBins: Int) -> Double {
        Double(occupiedBins - 1) * spread
    }
}
