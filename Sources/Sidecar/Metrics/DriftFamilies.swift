// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import DriftStatistics
import Exposition

/// The families that a report is rendered into.
enum DriftFamilies {
    static let reportTimestamp = MetricDescriptor(
        "kedge_report_timestamp_seconds",
        .gauge,
        unit: .seconds,
        help: "When the report behind the drift metrics was made, in seconds since the epoch."
    )
    static let windowRows = MetricDescriptor(
        "kedge_window_rows",
        .gauge,
        help: "Records in the window."
    )
    static let threshold = MetricDescriptor(
        "kedge_drift_threshold",
        .gauge,
        help: "What the statistic must exceed for the verdict drifted."
    )
    static let noiseFloor = MetricDescriptor(
        "kedge_drift_noise_floor",
        .gauge,
        help: "What to expect of the statistic without drift, as both samples are finite."
    )
    static let verdict = MetricDescriptor(
        "kedge_drift_verdict",
        .gauge,
        help: "1 for the verdict on the feature, 0 for the others."
    )
    static let omittedFeatures = MetricDescriptor(
        "kedge_metrics_omitted_features",
        .gauge,
        help: "Features without series, since the model version has more than are exported."
    )

    /// One family a statistic.
    static let statistics = Statistic.allCases.map { (statistic: $0, descriptor: $0.descriptor) }

    /// The verdicts with their labels.
    static let verdicts = Verdict.allCases.map {
        (verdict: $0, label: Labels(["verdict": $0.rawValue]))
    }

    /// The label that names a statistic.
    static func label(_ statistic: Statistic) -> Labels {
        labels[statistic] ?? .none
    }

    private static let labels = Dictionary(
        uniqueKeysWithValues: Statistic.allCases.map { ($0, Labels(["statistic": $0.rawValue])) }
    )
}

extension Statistic {
    fileprivate var descriptor: MetricDescriptor {
        switch self {
        case .ksStatistic:
            MetricDescriptor(
                "kedge_drift_ks_statistic",
                .gauge,
                help: "Kolmogorov-Smirnov statistic of non-missing values, 0 to 1."
            )
        case .ksPValue:
            MetricDescriptor(
                "kedge_drift_ks_p_value",
                .gauge,
                help: "Probability of a Kolmogorov-Smirnov statistic as large without drift."
            )
        case .ksErrorBound:
            MetricDescriptor(
                "kedge_drift_ks_error_bound",
                .gauge,
                help: "How much larger the Kolmogorov-Smirnov statistic may be in truth."
            )
        case .jsDivergence:
            MetricDescriptor(
                "kedge_drift_js_divergence",
                .gauge,
                help: "Jensen-Shannon divergence of the binned distributions in bits, 0 to 1."
            )
        case .jsDistance:
            MetricDescriptor(
                "kedge_drift_js_distance",
                .gauge,
                help: "Square root of the Jensen-Shannon divergence in bits, 0 to 1."
            )
        case .psi:
            MetricDescriptor(
                "kedge_drift_psi",
                .gauge,
                help: "Population stability index of the binned distributions, 0 and up."
            )
        case .hellinger:
            MetricDescriptor(
                "kedge_drift_hellinger",
                .gauge,
                help: "Hellinger distance of the binned distributions, 0 to 1."
            )
        case .totalVariation:
            MetricDescriptor(
                "kedge_drift_total_variation",
                .gauge,
                help: "Half the summed difference of the binned shares, 0 to 1."
            )
        case .lInfinity:
            MetricDescriptor(
                "kedge_drift_l_infinity",
                .gauge,
                help: "Largest difference of a bin's shares, 0 to 1."
            )
        case .chiSquare:
            MetricDescriptor(
                "kedge_drift_chi_square",
                .gauge,
                help: "Chi-square of the counts by category, 0 and up."
            )
        case .chiSquarePValue:
            MetricDescriptor(
                "kedge_drift_chi_square_p_value",
                .gauge,
                help: "Probability of a chi-square as large without drift."
            )
        case .missingRatio:
            MetricDescriptor(
                "kedge_missing_ratio",
                .gauge,
                unit: .ratio,
                help: "Share of the window's records without a value."
            )
        case .outOfRangeRatio:
            MetricDescriptor(
                "kedge_out_of_range_ratio",
                .gauge,
                unit: .ratio,
                help: "Share of the values outside the range of the reference."
            )
        case .unseenRatio:
            MetricDescriptor(
                "kedge_unseen_ratio",
                .gauge,
                unit: .ratio,
                help: "Share of the values whose category the reference does not have."
            )
        }
    }
}
