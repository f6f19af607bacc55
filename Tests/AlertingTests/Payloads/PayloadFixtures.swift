// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting

/// Notifications to write payloads of.
enum PayloadFixtures {
    /// 2013-06-01T03:00:00Z.
    static let start = 1_370_055_600.0

    static let context = MessageContext(
        externalURL: "https://kedge.example",
        instance: "pod-7",
        producer: "kedge/1.0"
    )

    /// Names that somebody could choose to be heard, seen or to break what reads them.
    static let evilNames = [
        "<!channel>", "<!here|here>", "<@U123>", "<#C123>", "<http://x|y>", "a`b``c```d",
        "*b* _i_ ~s~",
        "\"quotes\" and \\backslashes\\", "line\nbreak\r\n\ttab \u{0} \u{1B}[31m", "@here #general",
        "&amp; &lt;!channel&gt;", "👩‍👩‍👧‍👦🇨🇭 é e\u{301} 漢字", "\u{202E}gnp.exe",
        "a\u{2028}b\u{200B}c\u{A0}d",
        String(repeating: "x", count: 10_240), String(repeating: "👩‍👩‍👧‍👦", count: 410),
        "e" + String(repeating: "\u{301}", count: 5_000), String(repeating: "<&>", count: 3_400),
        String(repeating: "`", count: 10_000), " ", "", "]]>{{.}}${x}%s",
    ]

    static func rule(
        _ name: String = "FeatureDrift",
        severity: AlertRule.Severity = .warning,
        runbook: String? = nil,
        annotations: [String: String] = [:]
    ) -> AlertRule {
        AlertRule(
            name: name,
            statistic: .drift,
            condition: .aboveVerdictThreshold,
            severity: severity,
            runbook: runbook,
            annotations: annotations
        )
    }

    /// A feature that drifted, firing since ten minutes after `start`.
    static func drift(
        _ feature: String = "temp",
        of rule: AlertRule = rule(),
        model: String = "delay",
        version: String = "2",
        value: Double = 0.617,
        window: String = "1h"
    ) -> Alert {
        let evidence = Evidence(
            statistic: "ks_statistic",
            value: value,
            threshold: 0.1,
            noiseFloor: 0.0141,
            rows: 5_000,
            moved: [
                MovedShare(part: "\(feature) 64.4 to 96", reference: 0.18, window: 0.31),
                MovedShare(part: "\(feature) missing", reference: 0, window: 0.004),
            ],
            referenceShares: [0.1, 0.4, 0.3, 0.2, 0],
            windowShares: [0, 0.05, 0.15, 0.8, 0.004]
        )
        return firing(
            AlertKey(rule: rule.name, model: model, version: version, feature: feature),
            of: rule,
            window: window,
            evidence
        )
    }

    /// Something about the records, firing since ten minutes after `start`.
    static func traffic(
        _ statistic: TrafficStatistic,
        value: Double,
        threshold: Double,
        rows: UInt64 = 0
    ) -> Alert {
        let rule = rule("Traffic")
        let isOfModelVersion = statistic.isOfModelVersion
        return firing(
            AlertKey(
                rule: rule.name,
                model: isOfModelVersion ? "delay" : nil,
                version: isOfModelVersion ? "2" : nil
            ),
            of: rule,
            window: nil,
            Evidence(
                statistic: statistic.rawValue,
                value: value,
                threshold: threshold,
                rows: rows
            )
        )
    }

    private static func firing(
        _ key: AlertKey,
        of rule: AlertRule,
        window: String?,
        _ evidence: Evidence
    ) -> Alert {
        var alert = Alert(
            key: key,
            rule: rule,
            window: window,
            activeAt: start,
            evidence: evidence
        )
        alert.state = .firing
        alert.firedAt = start + 600
        alert.firedWall = start + 600
        alert.observedAt = start + 900
        return alert
    }

    /// The alert, over two hours after `start` or at another time.
    static func resolved(
        _ alert: Alert,
        _ resolution: Alert.Resolution = .cleared,
        at time: Double = start + 7_200
    ) -> Alert {
        var alert = alert
        alert.state = .resolved
        alert.resolution = resolution
        alert.resolvedAt = time
        alert.resolvedWall = time
        return alert
    }

    static func notification(
        _ alerts: [Alert],
        receiver: String = "team",
        time: Double = start + 900,
        isSample: Bool = false
    ) -> Notification {
        Notification(
            receiver: receiver,
            group: alerts.first?.key.group ?? AlertGroup(model: nil, version: nil),
            id: "kedge_seed_1",
            alerts: alerts,
            time: time,
            isSample: isSample
        )
    }

    /// Every name at once as model, version, feature, rule, window and annotation.
    static func evil(_ name: String) -> Notification {
        let rule = rule(
            name,
            severity: .critical,
            runbook: "https://wiki.example/\(name)",
            annotations: [name: name, "team": name]
        )
        var alert = drift(name, of: rule, model: name, version: name, window: name)
        alert.evidence.moved.append(MovedShare(part: name, reference: 0.2, window: 0.5))
        return notification([alert, resolved(drift("temp", of: rule, model: name, version: name))])
    }

    /// What a message has to live with at once.
    static var all: [Notification] {
        let runbook = rule(
            "Runbook",
            severity: .critical,
            runbook: "https://wiki.example/a?b=c&d|e"
        )
        var held = drift("held")
        held.heldSince = start + 800
        var clearing = drift("clearing")
        clearing.clearingSince = start + 850
        let dropped = traffic(.droppedRatio, value: 0.02, threshold: 0.01, rows: 5_000)
        let named = [
            notification([drift()]),
            notification([drift(), drift("prediction", of: runbook, value: 0.3), held, clearing]),
            notification([drift(), resolved(drift("carrier"))]),
            notification([resolved(drift(), .noData), resolved(drift("x"), .ruleRemoved)]),
            notification([traffic(.idleSeconds, value: 3_900, threshold: 3_600)]),
            notification([traffic(.errorRatio, value: 0.12, threshold: 0.05, rows: 1_000)]),
            notification([dropped]), notification([resolved(dropped)]),
            notification([traffic(.rejectedRatio, value: 0.5, threshold: 0.1, rows: 1)]),
            notification([drift()], isSample: true),
            notification((0..<3_000).map { drift("feature_\($0)", value: 0.2 + Double($0) / 1e4) }),
        ]
        return named + evilNames.map(evil)
    }
}
