// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import DriftStatistics
import Hosting

/// A rule as written, before it is known what its number means.
private struct RuleDraft: Sendable {
    var name = ""
    var statistic = RuleStatistic.drift
    var above: RuleThreshold?
    var below: RuleThreshold?
    var features: [String] = ["*"]
    var models: [String] = ["*"]
    var window: String?
    var over: Duration?
    var minimumRows: UInt64?
    var holdsFor = Duration.zero
    var keepFiringFor = Duration.zero
    var severity = AlertRule.Severity.warning
    var runbook: String?
    var annotations: [String: String] = [:]

    static let table = SettingsTable<RuleDraft>([
        SettingsKey(
            "name",
            \.name,
            .label,
            "The name of its alerts, the label `alertname`.",
            isRequired: true
        ),
        SettingsKey(
            "statistic",
            \.statistic,
            .statistic,
            "What is compared; `drift` is the statistic of the feature's verdict.",
            isRequired: true
        ),
        SettingsKey(
            "above",
            \.above,
            .ruleThreshold,
            "The condition holds above this number; drift without one takes `thresholds`."
        ),
        SettingsKey("below", \.below, .ruleThreshold, "The condition holds below this number."),
        SettingsKey(
            "features",
            \.features,
            .patterns("features"),
            "The features looked at, `prediction` among them; `*` and `?` stand for characters, a "
                + "leading `!` takes out."
        ),
        SettingsKey(
            "models",
            \.models,
            .patterns("models"),
            "The models looked at, likewise."
        ),
        SettingsKey(
            "window",
            \.window,
            .label,
            "The window looked at; the first when left out."
        ),
        SettingsKey(
            "over",
            \.over,
            .duration(.seconds(10)...(.seconds(86_400))),
            "For ratios of traffic: over how long; 5m when left out."
        ),
        SettingsKey(
            "min_rows",
            \.minimumRows,
            .integer(0...1_000_000_000),
            "Rows that must stand behind the statistic; as `min_rows` when left out, and none for "
                + "traffic."
        ),
        SettingsKey(
            "for",
            \.holdsFor,
            .duration(.zero...(.seconds(2_678_400))),
            "How long the condition must hold before the alert fires."
        ),
        SettingsKey(
            "keep_firing_for",
            \.keepFiringFor,
            .duration(.zero...(.seconds(2_678_400))),
            "How long the alert goes on after the condition."
        ),
        SettingsKey(
            "severity",
            \.severity,
            .choice(AlertRule.Severity.allCases),
            "How grave it is."
        ),
        SettingsKey("runbook", \.runbook, .link, "Where it is written what to do."),
        SettingsKey(
            "annotations",
            \.annotations,
            .dictionary(from: "names", to: .line("an annotation", limit: 2_048)),
            "Further texts for the message."
        ),
    ])
}

extension SettingsFormat where Value == AlertRule {
    /// A rule: what is compared with what, and for how long.
    static var rule: SettingsFormat {
        mapping("a rule", RuleDraft.table, draft: RuleDraft()) { draft, node, key, reading in
            guard let condition = condition(of: draft, node, key, &reading) else { return nil }
            let isOfFeature = draft.statistic.isOfFeature
            for (name, isGiven) in [
                ("window", draft.window != nil), ("features", draft.features != ["*"]),
            ] where isGiven && !isOfFeature {
                reading.report(
                    .unexpected(
                        found: name,
                        expected: "none, as \(draft.statistic.name) is about records"
                    ),
                    key: "\(key).\(name)",
                    at: node.place
                )
                return nil
            }
            if draft.over != nil, !draft.statistic.isRatioOfTraffic {
                reading.report(
                    .unexpected(found: "over", expected: "none, as only ratios of traffic have it"),
                    key: "\(key).over",
                    at: node.place
                )
                return nil
            }
            return AlertRule(
                name: draft.name,
                statistic: draft.statistic,
                condition: condition,
                features: NameSelection(draft.features),
                models: NameSelection(draft.models),
                window: draft.window,
                overSeconds: (draft.over ?? .seconds(300)).inSeconds,
                minimumRows: draft.minimumRows,
                forSeconds: draft.holdsFor.inSeconds,
                keepFiringForSeconds: draft.keepFiringFor.inSeconds,
                severity: draft.severity,
                runbook: draft.runbook,
                annotations: draft.annotations
            )
        } open: { rule in
            RuleDraft(rule)
        }
    }

    private static func condition(
        of draft: RuleDraft,
        _ node: SettingsNode,
        _ key: String,
        _ reading: inout SettingsReading
    ) -> AlertRule.Condition? {
        switch (draft.above, draft.below) {
        case (let above?, nil): return .above(above.value)
        case (nil, let below?): return .below(below.value)
        case (nil, nil) where draft.statistic == .drift: return .aboveVerdictThreshold
        case (nil, nil):
            reading.report(.missing(expected: "above or below"), key: key, at: node.place)
        case (_?, _?):
            reading.report(
                .unexpected(found: "above and below", expected: "one of the two"),
                key: key,
                at: node.place
            )
        }
        return nil
    }
}

extension RuleDraft {
    init(_ rule: AlertRule) {
        name = rule.name
        statistic = rule.statistic
        switch rule.condition {
        case .above(let number): above = RuleThreshold(value: number)
        case .below(let number): below = RuleThreshold(value: number)
        case .aboveVerdictThreshold: break
        }
        features = rule.features.patterns
        models = rule.models.patterns
        window = rule.window
        over = rule.statistic.isRatioOfTraffic ? .milliseconds(rule.overSeconds * 1_000) : nil
        minimumRows = rule.minimumRows
        holdsFor = .milliseconds(rule.forSeconds * 1_000)
        keepFiringFor = .milliseconds(rule.keepFiringForSeconds * 1_000)
        severity = rule.severity
        runbook = rule.runbook
        annotations = rule.annotations
    }
}

extension RuleStatistic {
    fileprivate var isRatioOfTraffic: Bool {
        if case .traffic(let statistic) = self { statistic.isRatio } else { false }
    }
}

/// The number of a rule; a type of its own, since thresholds elsewhere lie within [0, 1].
struct RuleThreshold: Sendable, Equatable {
    var value: Double
}

extension SettingsFormat where Value == RuleThreshold {
    /// Any finite number; `calibrated` is refused by name.
    static var ruleThreshold: SettingsFormat {
        let expected = "a number (thresholds that are calibrated come later)"
        return scalar(expected) { text in
            guard text.utf8.allSatisfy({ (48...57).contains($0) || "+-.eE".utf8.contains($0) }),
                let number = Double(text), number.isFinite
            else { return nil }
            return RuleThreshold(value: number)
        } show: { threshold in
            .word("\(threshold.value)")
        }
    }
}

extension SettingsFormat where Value == RuleStatistic {
    /// The name of a statistic.
    static var statistic: SettingsFormat {
        scalar(RuleStatistic.all.map(\.name).joined(separator: ", ")) { text in
            RuleStatistic(name: text)
        } show: { statistic in
            .word(statistic.name)
        }
    }
}

extension SettingsFormat where Value == [String] {
    /// Names with wildcards.
    static func patterns(_ what: String) -> SettingsFormat {
        .list(of: .name("one of the \(what), or a pattern"), counts: 1...1_000)
    }
}
