// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics
import PredictionLog

/// What happens to a feature or to the records, in words.
enum AlertWords {
    /// What goes on, of features as `drifted`, of the records as `no records for 1h`.
    static func happening(_ alert: Alert) -> String {
        let evidence = alert.evidence
        if let traffic = TrafficStatistic(rawValue: evidence.statistic) {
            return happening(traffic, evidence)
        }
        let isBelow = evidence.isBelow
        switch RuleStatistic(name: evidence.statistic) {
        case .missingRatioIncrease, .feature(.missingRatio):
            return isBelow ? "with fewer missing values" : "with more missing values"
        case .feature(.outOfRangeRatio):
            return isBelow ? "seldom out of range" : "out of range"
        case .feature(.unseenRatio):
            return isBelow ? "with few unseen categories" : "with unseen categories"
        case .feature(.ksErrorBound):
            return isBelow ? "with a fine reference" : "with a coarse reference"
        case .feature(.ksPValue), .feature(.chiSquarePValue):
            return isBelow ? "drifted" : "hardly different from the reference"
        default:
            return isBelow ? "hardly different from the reference" : "drifted"
        }
    }

    private static func happening(_ statistic: TrafficStatistic, _ evidence: Evidence) -> String {
        let only = evidence.isBelow ? "only " : ""
        let share = MessageNumber.percent(evidence.value)
        switch statistic {
        case .idleSeconds:
            let span = MessageNumber.span(evidence.value)
            return evidence.isBelow ? "last record \(span) ago" : "no records for \(span)"
        case .errorRatio: return "\(only)\(share) of records failed"
        case .rejectedRatio: return "\(only)\(share) of lines rejected"
        case .droppedRatio: return "\(only)\(share) of records dropped by producers"
        }
    }

    /// The statistic against its threshold, and what stands behind it.
    static func measure(_ alert: Alert) -> MessageLine {
        let evidence = alert.evidence
        let (value, threshold) = (
            number(evidence.value, evidence), number(evidence.threshold, evidence)
        )
        let side = evidence.isBelow ? "below" : "above"
        let last = alert.state == .resolved ? "last " : ""
        var line: MessageLine = "\(last)\(name: evidence.statistic) \(value), \(side) \(threshold)"
        if let floor = evidence.noiseFloor {
            line.append(" (noise floor \(number(floor, evidence)))")
        }
        if evidence.rows > 0 {
            line.append(", \(MessageNumber.count(evidence.rows)) \(rows(evidence))")
        }
        if let window = alert.window { line.append(" in window \(name: window)") }
        return line
    }

    private static func rows(_ evidence: Evidence) -> String {
        let isOne = evidence.rows == 1
        switch TrafficStatistic(rawValue: evidence.statistic) {
        case nil: return isOne ? "row" : "rows"
        case .rejectedRatio: return isOne ? "line" : "lines"
        default: return isOne ? "record" : "records"
        }
    }

    /// A number in the unit of its statistic.
    private static func number(_ value: Double, _ evidence: Evidence) -> String {
        switch RuleStatistic(name: evidence.statistic) {
        case .traffic(.idleSeconds): MessageNumber.span(value)
        case .traffic, .missingRatioIncrease, .feature(.missingRatio), .feature(.outOfRangeRatio),
            .feature(.unseenRatio):
            MessageNumber.percent(value)
        default: MessageNumber.rounded(value)
        }
    }

    /// Since when it holds and fires, or when and why it was over.
    static func times(_ alert: Alert) -> MessageLine {
        let fired = alert.firedAt ?? alert.activeAt
        if let resolvedAt = alert.resolvedAt {
            return """
                fired \(time(fired)), resolved \(time(resolvedAt)) \
                after \(MessageNumber.span(resolvedAt - fired)): \(reason(alert.resolution))
                """
        }
        let span = MessageNumber.span(alert.observedAt - fired)
        let since = alert.activeAt < fired ? "since \(time(alert.activeAt)), " : ""
        return "\(since)firing since \(time(fired)) (\(span))"
    }

    private static func reason(_ resolution: Alert.Resolution?) -> MessageLine {
        switch resolution {
        case .cleared, nil: "the condition cleared (\(name: "cleared"))"
        case .noData: "there is nothing to look at any more (\(name: "no_data"))"
        case .ruleRemoved: "no rule asks for it any more (\(name: "rule_removed"))"
        }
    }

    /// Why it stays as it is although its condition does not hold, or nobody knows.
    static func standing(_ alert: Alert) -> MessageLine? {
        if let since = alert.heldSince {
            return "nothing can be said at the moment (learning): too few rows since \(time(since))"
        }
        guard let since = alert.clearingSince else { return nil }
        return "the condition has not held since \(time(since)); the alert ends if that lasts"
    }

    /// A time, to the second.
    static func time(_ seconds: Double) -> String {
        let text = RFC3339.format(seconds.rounded())
        return text.dropLast().split(separator: "T").joined(separator: " ") + " UTC"
    }
}
