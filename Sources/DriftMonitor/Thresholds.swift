// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftStatistics

/// What a feature's statistics may reach before its verdict is `drifted`.
///
/// One number a statistic, and exceptions by feature. Kolmogorov-Smirnov judges numeric features,
/// Jensen-Shannon categorical ones and what is left of a numeric one whose values are gone; no other
/// statistic has a threshold here (a rule has its own).
package struct Thresholds: Sendable, Equatable {
    /// The exceptions of one feature; nil keeps the general number.
    package struct Exception: Sendable, Equatable {
        /// The feature's own threshold of `ks_statistic`, in [0, 1].
        package var ksStatistic: Double?
        /// The feature's own threshold of `js_divergence`, in bits, in [0, 1].
        package var jsDivergence: Double?

        /// Makes the exceptions of one feature.
        package init(ksStatistic: Double? = nil, jsDivergence: Double? = nil) {
            self.ksStatistic = ksStatistic
            self.jsDivergence = jsDivergence
        }
    }

    /// The threshold of `ks_statistic`, in [0, 1].
    package var ksStatistic: Double
    /// The threshold of `js_divergence`, in bits, in [0, 1].
    package var jsDivergence: Double
    /// Exceptions by the exact name of the feature.
    package var features: [String: Exception]

    /// Makes thresholds; each is 0.1 when not configured.
    package init(
        ksStatistic: Double = 0.1,
        jsDivergence: Double = 0.1,
        features: [String: Exception] = [:]
    ) {
        self.ksStatistic = ksStatistic
        self.jsDivergence = jsDivergence
        self.features = features
    }

    /// The threshold of a statistic for a feature, or nil for a statistic without one.
    package func value(_ statistic: Statistic, feature: String) -> Double? {
        switch statistic {
        case .ksStatistic: features[feature]?.ksStatistic ?? ksStatistic
        case .jsDivergence: features[feature]?.jsDivergence ?? jsDivergence
        default: nil
        }
    }

    /// What judges a feature: Kolmogorov-Smirnov a numeric one, Jensen-Shannon a categorical one.
    func threshold(of feature: FeatureReference) -> Threshold {
        threshold(of: feature, feature.kind == .numeric ? .ksStatistic : .jsDivergence)
    }

    /// What judges a feature, given what there is of it.
    ///
    /// Kolmogorov-Smirnov looks past missing values. A numeric feature with enough rows, of which
    /// too few and less than half have a value, is judged by Jensen-Shannon, where missing is a bin
    /// of its own: a column that is gone has drifted, one that is always nearly empty has not.
    func threshold(
        of feature: FeatureReference,
        _ statistics: FeatureStatistics,
        minimumRows: UInt64
    ) -> Threshold {
        let (values, rows) = (
            statistics.rows(behind: .ksStatistic), statistics.rows(behind: .jsDivergence)
        )
        let isGone = values < minimumRows && rows >= minimumRows && values < rows - values
        return isGone ? threshold(of: feature, .jsDivergence) : threshold(of: feature)
    }

    private func threshold(of feature: FeatureReference, _ statistic: Statistic) -> Threshold {
        Threshold(statistic: statistic, value: value(statistic, feature: feature.name) ?? .infinity)
    }
}

/// A threshold with the statistic it holds for.
package struct Threshold: Sendable, Equatable {
    /// The statistic compared.
    package let statistic: Statistic
    /// The number it must exceed to count as drift.
    package let value: Double
}
