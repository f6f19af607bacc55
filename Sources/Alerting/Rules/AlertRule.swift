// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics

/// When a condition is worth telling, and how grave it is.
package struct AlertRule: Sendable, Equatable {
    /// How grave an alert is.
    package enum Severity: String, CaseIterable, Sendable, Codable {
        case info
        case warning
        case critical
    }

    /// Where the condition begins to hold; equal is not enough.
    package enum Condition: Sendable, Equatable {
        case above(Double)
        case below(Double)
        /// Above the threshold of the feature's verdict; for `drift` alone.
        case aboveVerdictThreshold
    }

    /// The name, unique among rules: the label `alertname`.
    package var name: String
    /// What is compared.
    package var statistic: RuleStatistic
    /// With what.
    package var condition: Condition
    /// The features it looks at; the prediction is one of them.
    package var features: NameSelection
    /// The models it looks at.
    package var models: NameSelection
    /// The window, by name; nil for the first one, and of no meaning for traffic.
    package var window: String?
    /// Over how many seconds a ratio of traffic is taken.
    package var overSeconds: Double
    /// How many rows must stand behind the statistic; nil for as many as a verdict needs, and for
    /// none with traffic.
    package var minimumRows: UInt64?
    /// For how many seconds of the report's time the condition must hold before the alert fires.
    package var forSeconds: Double
    /// For how many seconds of the report's time an alert goes on after the condition.
    package var keepFiringForSeconds: Double
    /// How grave it is: the label `severity`.
    package var severity: Severity
    /// Where it is written what to do: the annotation `runbook_url`.
    package var runbook: String?
    /// Further annotations, by name.
    package var annotations: [String: String]

    /// Makes a rule.
    package init(
        name: String,
        statistic: RuleStatistic,
        condition: Condition,
        features: NameSelection = .all,
        models: NameSelection = .all,
        window: String? = nil,
        overSeconds: Double = 300,
        minimumRows: UInt64? = nil,
        forSeconds: Double = 0,
        keepFiringForSeconds: Double = 0,
        severity: Severity = .warning,
        runbook: String? = nil,
        annotations: [String: String] = [:]
    ) {
        self.name = name
        self.statistic = statistic
        self.condition = condition
        self.features = features
        self.models = models
        self.window = window
        self.overSeconds = overSeconds
        self.minimumRows = minimumRows
        self.forSeconds = forSeconds
        self.keepFiringForSeconds = keepFiringForSeconds
        self.severity = severity
        self.runbook = runbook
        self.annotations = annotations
    }
}

extension AlertRule {
    /// The rules of a configuration without any.
    ///
    /// Drift is judged by the thresholds of the verdicts, with enough rows that chance alone seldom
    /// reaches them; the other numbers are what an operator would look at in any service.
    package static let builtIn: [AlertRule] = [
        AlertRule(
            name: "FeatureDrift",
            statistic: .drift,
            condition: .aboveVerdictThreshold,
            features: NameSelection(["!prediction"]),
            minimumRows: 1_000,
            forSeconds: 600,
            keepFiringForSeconds: 600
        ),
        AlertRule(
            name: "PredictionDrift",
            statistic: .drift,
            condition: .aboveVerdictThreshold,
            features: NameSelection(["prediction"]),
            minimumRows: 1_000,
            forSeconds: 600,
            keepFiringForSeconds: 600,
            severity: .critical
        ),
        AlertRule(
            name: "MissingValuesJumped",
            statistic: .missingRatioIncrease,
            condition: .above(0.1),
            minimumRows: 1_000,
            forSeconds: 300,
            keepFiringForSeconds: 600
        ),
        AlertRule(
            name: "UnseenCategories",
            statistic: .feature(.unseenRatio),
            condition: .above(0.05),
            minimumRows: 1_000,
            forSeconds: 300,
            keepFiringForSeconds: 600
        ),
        AlertRule(
            name: "NoTraffic",
            statistic: .traffic(.idleSeconds),
            condition: .above(3_600)
        ),
        AlertRule(
            name: "ErrorRatio",
            statistic: .traffic(.errorRatio),
            condition: .above(0.05),
            minimumRows: 100,
            forSeconds: 60,
            keepFiringForSeconds: 300,
            severity: .critical
        ),
        AlertRule(
            name: "RecordsDropped",
            statistic: .traffic(.droppedRatio),
            condition: .above(0.01),
            minimumRows: 100,
            forSeconds: 60,
            keepFiringForSeconds: 300
        ),
        AlertRule(
            name: "RecordsRejected",
            statistic: .traffic(.rejectedRatio),
            condition: .above(0.05),
            minimumRows: 100,
            forSeconds: 60,
            keepFiringForSeconds: 300
        ),
    ]
}
