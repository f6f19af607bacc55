// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftStatistics

/// What a rule compares with its threshold.
package enum RuleStatistic: Sendable, Hashable {
    /// A statistic of one feature in one window.
    case feature(Statistic)
    /// The statistic of a feature's verdict: Kolmogorov-Smirnov of a numeric feature,
    /// Jensen-Shannon of a categorical one; its threshold is that of the verdict.
    case drift
    /// By how much the share of missing values exceeds that of the reference, [−1, 1].
    case missingRatioIncrease
    /// Something about the records themselves.
    case traffic(TrafficStatistic)

    /// The statistic of a name, as configuration has it.
    package init?(name: String) {
        if let statistic = Statistic(rawValue: name) {
            self = .feature(statistic)
        } else if let traffic = TrafficStatistic(rawValue: name) {
            self = .traffic(traffic)
        } else if let other = [Self.drift, .missingRatioIncrease].first(where: { $0.name == name })
        {
            self = other
        } else {
            return nil
        }
    }

    /// The name, as configuration has it.
    package var name: String {
        switch self {
        case .feature(let statistic): statistic.rawValue
        case .drift: "drift"
        case .missingRatioIncrease: "missing_ratio_increase"
        case .traffic(let statistic): statistic.rawValue
        }
    }

    /// Every statistic, in the order of the manual.
    package static let all: [RuleStatistic] =
        [.drift] + Statistic.allCases.map(Self.feature) + [.missingRatioIncrease]
        + TrafficStatistic.allCases.map(Self.traffic)

    /// Whether it is about features, and so about a window.
    package var isOfFeature: Bool {
        if case .traffic = self { false } else { true }
    }
}

/// What can be said about records without looking into them.
package enum TrafficStatistic: String, CaseIterable, Sendable {
    /// Seconds since the last record of a model version.
    case idleSeconds = "idle_seconds"
    /// The share of a model version's records whose outcome was not `ok`, [0, 1].
    case errorRatio = "error_ratio"
    /// The share of all lines that were rejected, [0, 1].
    case rejectedRatio = "rejected_ratio"
    /// The share of all records that producers say they dropped, [0, 1].
    case droppedRatio = "dropped_ratio"

    /// Whether there is one for each model version; otherwise one for the process.
    package var isOfModelVersion: Bool {
        switch self {
        case .idleSeconds, .errorRatio: true
        case .rejectedRatio, .droppedRatio: false
        }
    }

    /// Whether it is a share over the last while.
    package var isRatio: Bool { self != .idleSeconds }
}
