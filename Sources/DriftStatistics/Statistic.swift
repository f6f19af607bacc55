// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// A number that says how far a window is from its reference; `FeatureStatistics` defines each.
///
/// The raw value is the name in reports, rules and configuration.
package enum Statistic: String, CaseIterable, Sendable {
    case ksStatistic = "ks_statistic"
    case ksPValue = "ks_p_value"
    case ksErrorBound = "ks_error_bound"
    case jsDivergence = "js_divergence"
    case jsDistance = "js_distance"
    case psi = "psi"
    case hellinger = "hellinger"
    case totalVariation = "total_variation"
    case lInfinity = "l_infinity"
    case chiSquare = "chi_square"
    case chiSquarePValue = "chi_square_p_value"
    case missingRatio = "missing_ratio"
    case outOfRangeRatio = "out_of_range_ratio"
    case unseenRatio = "unseen_ratio"

    /// Whether the statistic is defined for features of a kind, given enough rows.
    package func applies(to kind: FeatureKind) -> Bool {
        switch self {
        case .ksStatistic, .ksPValue, .ksErrorBound, .outOfRangeRatio: kind == .numeric
        case .chiSquare, .chiSquarePValue, .unseenRatio: kind == .categorical
        default: true
        }
    }

    /// Whether there is an expectation of the statistic without drift.
    package var hasNoiseFloor: Bool {
        switch self {
        case .ksStatistic, .jsDivergence, .psi: true
        default: false
        }
    }
}
