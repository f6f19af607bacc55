// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Every statistic of one feature's window against its reference.
///
/// A statistic is nil where it is undefined: for the other kind of feature, or without the rows it
/// is a share of. None is ever NaN or infinite.
///
/// The reference has n rows and the window m; p and q are their shares by bin, of all rows, the
/// missing ones being a bin of their own.
package struct FeatureStatistics: Sendable, Equatable {
    /// The window's rows, m.
    package let rows: UInt64
    /// The window's rows with a value.
    package let present: UInt64
    /// The window's rows in each bin, the missing bin last.
    package let bins: [UInt64]

    /// sup |F_reference − F_window| over rows with a value, [0, 1]; numeric features.
    package internal(set) var ksStatistic: Double?
    /// The probability of a KS statistic at least this large without drift, [0, 1].
    ///
    /// The asymptotic law; with ties it errs on the large side.
    package internal(set) var ksPValue: Double?
    /// How far `ksStatistic` may lie below its value without quantisation, [0, 1).
    package internal(set) var ksErrorBound: Double?
    /// The Jensen-Shannon divergence of p and q in bits, [0, 1].
    package internal(set) var jsDivergence: Double?
    /// The square root of `jsDivergence`, [0, 1]; a metric.
    package internal(set) var jsDistance: Double?
    /// The population stability index Σ (q − p) · ln(q / p), shares floored at 1e-4, in [0, ∞).
    package internal(set) var psi: Double?
    /// The Hellinger distance √(1 − Σ √(p·q)), [0, 1].
    package internal(set) var hellinger: Double?
    /// The total variation ½ Σ |p − q|, [0, 1].
    package internal(set) var totalVariation: Double?
    /// The largest |p − q|, [0, 1].
    package internal(set) var lInfinity: Double?
    /// Pearson's χ² of the 2 × B table of counts without empty columns; categorical features.
    ///
    /// Undefined if fewer than two columns remain.
    package internal(set) var chiSquare: Double?
    /// The probability of a χ² at least this large without drift, [0, 1].
    package internal(set) var chiSquarePValue: Double?
    /// The share of the window's rows without a value, [0, 1].
    package internal(set) var missingRatio: Double?
    /// The share of the window's values below the reference's least or above its greatest, [0, 1].
    package internal(set) var outOfRangeRatio: Double?
    /// The share of the window's values that are none of the reference's categories, [0, 1]; 0
    /// without values.
    package internal(set) var unseenRatio: Double?

    /// The window's values below the reference's least; numeric features.
    package internal(set) var belowRange: UInt64?
    /// The window's values above the reference's greatest; numeric features.
    package internal(set) var aboveRange: UInt64?

    /// What to expect of `ksStatistic` without drift.
    var ksNoiseFloor: Double?
    /// What to expect of `jsDivergence` without drift, in bits.
    var jsNoiseFloor: Double?
    /// What to expect of `psi` without drift.
    var psiNoiseFloor: Double?

    /// Makes the statistics of a window of which nothing but counts is known yet.
    init(rows: UInt64, present: UInt64, bins: [UInt64]) {
        self.rows = rows
        self.present = present
        self.bins = bins
    }

    /// A statistic by its name; nil where it is undefined.
    package subscript(statistic: Statistic) -> Double? {
        switch statistic {
        case .ksStatistic: ksStatistic
        case .ksPValue: ksPValue
        case .ksErrorBound: ksErrorBound
        case .jsDivergence: jsDivergence
        case .jsDistance: jsDistance
        case .psi: psi
        case .hellinger: hellinger
        case .totalVariation: totalVariation
        case .lInfinity: lInfinity
        case .chiSquare: chiSquare
        case .chiSquarePValue: chiSquarePValue
        case .missingRatio: missingRatio
        case .outOfRangeRatio: outOfRangeRatio
        case .unseenRatio: unseenRatio
        }
    }

    /// Whether a statistic may be as large as it is with no drift at all: no larger than one and a
    /// half times its noise floor.
    ///
    /// Asked of Jensen-Shannon only, whose floor grows with the bins: thousands of categories in a
    /// thousand rows look nothing like the reference by chance.
    package func isNoise(_ statistic: Statistic) -> Bool {
        guard statistic == .jsDivergence, let value = self[statistic],
            let floor = noiseFloor(statistic)
        else { return false }
        return value <= 1.5 * floor
    }

    /// What to expect of a statistic without drift, because both samples are finite.
    ///
    /// - Returns: The floor of `ksStatistic`, `jsDivergence` or `psi` where the statistic itself is
    ///   defined; nil for the others, which have none. See `NoiseFloor`.
    package func noiseFloor(_ statistic: Statistic) -> Double? {
        switch statistic {
        case .ksStatistic: ksNoiseFloor
        case .jsDivergence: jsNoiseFloor
        case .psi: psiNoiseFloor
        default: nil
        }
    }
}
