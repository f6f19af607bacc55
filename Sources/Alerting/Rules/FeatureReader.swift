// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftMonitor
import DriftStatistics

/// Reads what a rule is about off a report.
struct FeatureReader {
    let rule: AlertRule

    /// What the rule finds of a feature.
    ///
    /// - Parameters:
    ///   - report: The feature.
    ///   - description: The same feature of the reference; nil when it is not known.
    /// - Returns: Unknown with fewer rows than the rule wants, or none.
    func read(
        _ report: FeatureReport,
        _ description: MonitorDescription.Feature?
    ) -> AlertReading {
        let statistics = report.statistics
        let statistic: Statistic
        switch rule.statistic {
        case .traffic: return .unknown
        case .feature(let own): statistic = own
        case .drift: statistic = report.threshold.statistic
        case .missingRatioIncrease: statistic = .missingRatio
        }
        let rows = statistics.rows(behind: statistic)
        guard rows >= rule.minimumRows ?? report.minimumRows, var value = statistics[statistic]
        else { return .unknown }
        if rule.statistic == .missingRatioIncrease {
            guard let description, let missing = description.bins.last else { return .unknown }
            value -= Double(missing) / Double(max(1, description.bins.reduce(0, +)))
        }
        let (threshold, isBelow) =
            switch rule.condition {
            case .above(let number): (number, false)
            case .below(let number): (number, true)
            case .aboveVerdictThreshold: (report.threshold.value, false)
            }
        guard isBelow ? value < threshold : value > threshold else { return .clears }
        if rule.condition == .aboveVerdictThreshold, statistics.isNoise(statistic) {
            return .unknown
        }
        var evidence = Evidence(
            statistic: rule.statistic == .drift ? statistic.rawValue : rule.statistic.name,
            value: value,
            threshold: threshold,
            isBelow: isBelow,
            noiseFloor: statistics.noiseFloor(statistic),
            rows: rows
        )
        if let description, let comparison = ShareComparison(report, description) {
            evidence.moved = comparison.moved
            (evidence.referenceShares, evidence.windowShares) = comparison.picture
        }
        return .holds(evidence)
    }
}

extension AlertRule {
    /// Whether an alert can be one of this rule's, as far as its names say.
    func means(_ key: AlertKey) -> Bool {
        guard key.rule == name else { return false }
        if case .traffic(let statistic) = statistic, !statistic.isOfModelVersion {
            return key.model == nil
        }
        guard let model = key.model, models.contains(model) else { return false }
        guard statistic.isOfFeature else { return key.feature == nil }
        return key.feature.map(features.contains) ?? false
    }

    /// Whether a feature is looked at: a statistic of the other kind is no reading.
    func means(_ feature: FeatureReport, of model: String) -> Bool {
        means(feature.name, feature.kind, of: model)
    }

    /// Whether any feature of what is monitored is looked at; true of a rule about traffic.
    package func meansAny(of monitors: [MonitorDescription]) -> Bool {
        guard statistic.isOfFeature else { return true }
        return monitors.contains { monitor in
            monitor.features.contains { means($0.name, $0.kind, of: monitor.model) }
        }
    }

    /// Whether a window of what it looks at can ever hold the rows that it wants.
    ///
    /// - Parameter monitors: What is monitored.
    /// - Returns: True also where it looks at nothing.
    package func canHaveRows(in monitors: [MonitorDescription]) -> Bool {
        guard statistic.isOfFeature, let rows = minimumRows else { return true }
        return monitors.allSatisfy { monitor in
            let looked =
                window.map { name in monitor.windows.filter { $0.name == name } }
                ?? Array(monitor.windows.prefix(1))
            return looked.allSatisfy { definition in
                guard case .rows(let most) = definition.extent else { return true }
                return rows <= UInt64(most)
            }
        }
    }

    private func means(_ feature: String, _ kind: FeatureKind, of model: String) -> Bool {
        guard models.contains(model), features.contains(feature) else { return false }
        if case .feature(let statistic) = statistic { return statistic.applies(to: kind) }
        return true
    }
}
