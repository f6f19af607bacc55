// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import Testing

struct AlertLabelsTests {
    private func alert(
        _ key: AlertKey,
        _ severity: AlertRule.Severity,
        window: String? = nil
    ) -> Alert {
        Alert(
            key: key,
            rule: AlertRule(
                name: key.rule,
                statistic: .drift,
                condition: .aboveVerdictThreshold,
                severity: severity
            ),
            window: window,
            activeAt: 0,
            evidence: Evidence(statistic: "ks_statistic", value: 1, threshold: 0)
        )
    }

    /// What Alertmanager 0.25.0 says of the same labels at `/api/v2/alerts`.
    @Test
    func `the fingerprint is Alertmanager's`() {
        let ofFeature = alert(
            AlertKey(rule: "FeatureDrift", model: "delay", version: "1", feature: "carrier"),
            .warning,
            window: "1h"
        )
        let ofVersion = alert(AlertKey(rule: "NoTraffic", model: "délai", version: "2"), .warning)
        let ofProcess = alert(AlertKey(rule: "RecordsDropped"), .critical)
        #expect(AlertLabels(ofFeature).fingerprint == "9ea546069942b42c")
        #expect(AlertLabels(ofVersion).fingerprint == "beae5dc5c390d4e0")
        #expect(AlertLabels(ofProcess).fingerprint == "cc6c3915dd9aae8e")
    }

    @Test
    func `labels are ordered by name, and none is empty`() {
        let key = AlertKey(rule: "FeatureDrift", model: "delay", version: "", feature: "carrier")
        let labels = AlertLabels(alert(key, .info, window: "1h"))
        #expect(
            labels.pairs.map(\.name) == ["alertname", "feature", "model", "severity", "window"]
        )
        #expect(labels["feature"] == "carrier")
        #expect(labels["model_version"] == "")
        #expect(labels["instance"] == "")
    }

    @Test(
        arguments: [
            (["alertname=FeatureDrift"], true), (["alertname=Feature*", "model=d?lay"], true),
            (["alertname=Feature*", "model=other"], false), (["feature!=carrier"], false),
            (["feature!=speed"], true), (["severity=critical"], false),
            (["window=*"], true), (["window="], false), (["instance="], true),
            (["instance=*"], true), (["instance!="], false),
        ] as [([String], Bool)]
    )
    func `a silence holds for what fits all its matchers`(matchers: [String], holds: Bool) {
        let key = AlertKey(rule: "FeatureDrift", model: "delay", version: "1", feature: "carrier")
        let silence = Silence(
            id: "1",
            matchers: matchers.map { text in
                let parts = text.split(separator: "=", omittingEmptySubsequences: false)
                    .map(String.init)
                let isEqual = !parts[0].hasSuffix("!")
                let name = isEqual ? parts[0] : String(parts[0].dropLast())
                return .init(name, parts[1], isEqual: isEqual)
            },
            startsAt: 10,
            endsAt: 20,
            updatedAt: 0,
            createdBy: "",
            comment: ""
        )
        #expect(silence.matches(alert(key, .warning, window: "1h")) == holds)
    }

    @Test(
        arguments: [(9.9, .pending), (10, .active), (19.9, .active), (20, .expired)]
            as [(Double, Silence.State)]
    )
    func `a silence holds from its beginning until its end`(time: Double, state: Silence.State) {
        let silence = Silence(
            id: "1",
            matchers: [.init("model", "*")],
            startsAt: 10,
            endsAt: 20,
            updatedAt: 0,
            createdBy: "",
            comment: ""
        )
        #expect(silence.state(at: time) == state)
    }
}
