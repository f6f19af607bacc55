// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftStatistics

/// What a feature's statistic says about it.
package enum Verdict: String, CaseIterable, Sendable {
    /// Too few rows to say, for their number or for that of the bins, or the statistic is undefined.
    case learning
    /// The statistic does not exceed its threshold.
    case steady
    /// The statistic exceeds its threshold.
    case drifted

    /// The verdict on one feature.
    ///
    /// - Parameters:
    ///   - statistics: The feature's statistics in a window.
    ///   - threshold: What is compared, and with what; equal is not above.
    ///   - minimumRows: How many rows must stand behind the statistic.
    package init(_ statistics: FeatureStatistics, threshold: Threshold, minimumRows: UInt64) {
        let statistic = threshold.statistic
        self =
            if statistics.rows(behind: statistic) < minimumRows {
                .learning
            } else if let value = statistics[statistic] {
                if value <= threshold.value {
                    .steady
                } else {
                    statistics.isNoise(statistic) ? .learning : .drifted
                }
            } else {
                .learning
            }
    }

    /// The verdict on a window: the gravest of its features, where steady outweighs learning.
    ///
    /// A feature that learns for ever, because it is nearly always missing, does not keep the
    /// window from being steady.
    package init(features: some Sequence<Verdict>) {
        var verdict = Verdict.learning
        for feature in features {
            if feature == .drifted {
                verdict = .drifted
            } else if feature == .steady, verdict == .learning {
                verdict = .steady
            }
        }
        self = verdict
    }
}
