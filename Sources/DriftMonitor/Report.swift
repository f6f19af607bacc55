// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftStatistics

/// The published result of an evaluation: every monitor's windows at one time.
///
/// Metrics, pages, the API and rules render this value and nothing else.
package struct Report: Sendable, Equatable {
    /// When it was made, in Unix seconds of the arrival clock.
    package let time: Double
    /// The monitors that have not ended, in the order of their references.
    package let monitors: [MonitorReport]

    /// Makes a report of its parts.
    package init(time: Double, monitors: [MonitorReport]) {
        self.time = time
        self.monitors = monitors
    }
}

/// What one monitor's windows hold at one time of its clock.
package struct MonitorReport: Sendable, Equatable {
    /// The model.
    package let model: String
    /// The version of the model.
    package let version: String
    /// The digest of the reference.
    package let reference: String
    /// The time of the report, in Unix seconds of the monitor's clock.
    package let time: Double
    /// The windows, in the order configured.
    package let windows: [WindowReport]
}

/// What one window holds.
package struct WindowReport: Sendable, Equatable {
    /// The window's name.
    package let window: String
    /// Whether it is a window by time, which is the same on all replicas; else one by count.
    package let isByTime: Bool
    /// How many rows lie in it.
    package let rows: UInt64
    /// Where it begins, in Unix seconds; nil without rows.
    ///
    /// A time window begins with the oldest pane that has rows, a count window with its
    /// earliest row.
    package let from: Double?
    /// Where it ends, in Unix seconds; nil without rows.
    ///
    /// A time window ends at the time of the report, a count window with its latest row.
    package let to: Double?
    /// `drifted` if any feature has, else `steady` if any feature is, else `learning`.
    package let verdict: Verdict
    /// The features, in the order of the reference, the prediction last.
    package let features: [FeatureReport]
}

/// How far one feature has drifted in one window.
package struct FeatureReport: Sendable, Equatable {
    /// The feature's name.
    package let name: String
    /// Whether the feature is numeric or categorical.
    package let kind: FeatureKind
    /// What its statistic says against its threshold.
    package let verdict: Verdict
    /// Every statistic, and the counts by bin.
    package let statistics: FeatureStatistics
    /// What the verdict compared: Kolmogorov-Smirnov of a numeric feature, Jensen-Shannon of a
    /// categorical one.
    package let threshold: Threshold
    /// A statistic with fewer rows behind it is learning.
    package let minimumRows: UInt64

    /// Whether a statistic has fewer rows behind it than it needs.
    ///
    /// Non-missing rows stand behind the Kolmogorov-Smirnov statistics and the ratios of what is
    /// out of range or unseen, all rows behind the others.
    package func isLearning(_ statistic: Statistic) -> Bool {
        statistics.rows(behind: statistic) < minimumRows
    }
}

extension FeatureStatistics {
    /// How many rows stand behind a statistic.
    package func rows(behind statistic: Statistic) -> UInt64 {
        switch statistic {
        case .ksStatistic, .ksPValue, .ksErrorBound, .outOfRangeRatio, .unseenRatio: present
        default: rows
        }
    }
}
