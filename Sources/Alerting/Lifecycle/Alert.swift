// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What names an alert: one of a rule, for one feature, model version or process.
package struct AlertKey: Sendable, Hashable, Codable, Comparable {
    /// The rule's name.
    package var rule: String
    /// The model; nil for what is the process's.
    package var model: String?
    /// The model's version.
    package var version: String?
    /// The feature; nil for what is the model version's.
    package var feature: String?

    /// Names an alert.
    package init(rule: String, model: String? = nil, version: String? = nil, feature: String? = nil)
    {
        self.rule = rule
        self.model = model
        self.version = version
        self.feature = feature
    }

    /// Whose notification it belongs to.
    package var group: AlertGroup { AlertGroup(model: model, version: version) }

    /// By model, version, rule and feature.
    package static func < (first: Self, second: Self) -> Bool {
        (first.model ?? "", first.version ?? "", first.rule, first.feature ?? "")
            < (second.model ?? "", second.version ?? "", second.rule, second.feature ?? "")
    }
}

/// What is told together: the alerts of one model version, or of the process.
package struct AlertGroup: Sendable, Hashable, Codable {
    /// The model; nil for what is the process's.
    package var model: String?
    /// The model's version.
    package var version: String?

    /// Names a group.
    package init(model: String?, version: String?) {
        self.model = model
        self.version = version
    }
}

/// A condition that holds, or held.
package struct Alert: Sendable, Equatable, Codable {
    /// Prometheus's life cycle.
    package enum State: String, Sendable, Codable {
        /// The condition holds, not yet for long enough.
        case pending
        /// It held for long enough, and holds or held a short while ago.
        case firing
        /// It is over.
        case resolved
    }

    /// Why an alert is over.
    package enum Resolution: String, Sendable, Codable {
        /// The condition holds no more.
        case cleared
        /// There is nothing to look at: no records for long, or the model version is gone.
        case noData = "no_data"
        /// The rule is gone, or does not mean this feature or model any more.
        case ruleRemoved = "rule_removed"
    }

    /// What names it.
    package let key: AlertKey
    /// The window looked at; nil for traffic.
    package var window: String?
    /// How grave it is.
    package var severity: AlertRule.Severity
    /// The rule's own annotations.
    package var annotations: [String: String]
    /// Where it is written what to do.
    package var runbook: String?
    /// Where it stands.
    package var state: State
    /// Since when the condition holds, in Unix seconds of the report's time, without the time in
    /// which nothing could be said.
    package var activeAt: Double
    /// When it began to fire, by the report's time.
    package var firedAt: Double?
    /// When it began to fire, by the wall clock.
    package var firedWall: Double?
    /// Since when the condition holds no more, by the report's time; nil while it does.
    package var clearingSince: Double?
    /// When it was over, by the report's time.
    package var resolvedAt: Double?
    /// When it was over, by the wall clock.
    package var resolvedWall: Double?
    /// Why it is over.
    package var resolution: Resolution?
    /// Since when nothing can be said, by the report's time; nil while something can.
    package var heldSince: Double?
    /// When its condition was last looked at, by the report's time.
    package var observedAt: Double
    /// What was found last.
    package var evidence: Evidence
    /// The receivers that are still to be told that it is over, by name.
    package var awaitedBy: Set<String> = []

    /// A condition that begins to hold.
    package init(
        key: AlertKey,
        rule: AlertRule,
        window: String?,
        activeAt: Double,
        evidence: Evidence
    ) {
        self.key = key
        self.window = window
        severity = rule.severity
        annotations = rule.annotations
        runbook = rule.runbook
        state = .pending
        self.activeAt = activeAt
        observedAt = activeAt
        self.evidence = evidence
    }

    /// How long it fired, in seconds of the report's time; nil unless it is over.
    package var duration: Double? {
        guard let firedAt, let resolvedAt else { return nil }
        return max(0, resolvedAt - firedAt)
    }
}

/// What an alert rests on.
package struct Evidence: Sendable, Equatable, Codable {
    /// The statistic, by its name.
    package var statistic: String
    /// What was found.
    package var value: Double
    /// What it is compared with.
    package var threshold: Double
    /// Whether the value must be below instead of above.
    package var isBelow: Bool
    /// What to expect of the statistic without drift; nil where there is no such expectation.
    package var noiseFloor: Double?
    /// How many rows the statistic rests on.
    package var rows: UInt64
    /// Which parts of the feature's values moved most.
    package var moved: [MovedShare]
    /// The reference's shares by bin, for a picture; empty without one.
    package var referenceShares: [Double]
    /// The window's shares by bin.
    package var windowShares: [Double]

    /// Puts evidence together.
    package init(
        statistic: String,
        value: Double,
        threshold: Double,
        isBelow: Bool = false,
        noiseFloor: Double? = nil,
        rows: UInt64 = 0,
        moved: [MovedShare] = [],
        referenceShares: [Double] = [],
        windowShares: [Double] = []
    ) {
        self.statistic = statistic
        self.value = value
        self.threshold = threshold
        self.isBelow = isBelow
        self.noiseFloor = noiseFloor
        self.rows = rows
        self.moved = moved
        self.referenceShares = referenceShares
        self.windowShares = windowShares
    }

    /// How far beyond the threshold: 1 at it, 2 at twice it; infinite where that means nothing.
    package var excess: Double {
        let (part, whole) = isBelow ? (threshold, value) : (value, threshold)
        return whole > 0 ? part / whole : .infinity
    }
}
