// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import Foundation
import Hosting
import Sidecar
import Testing

struct AlertSettingsTests {
    private func resolve(_ yaml: String) throws(SettingsError) -> SidecarSettings {
        let file = SettingsFile(name: "f", bytes: Array(yaml.utf8))
        return try ResolvedSettings<SidecarSettings>(file: file).settings
    }

    @Test
    func `nothing said is the built-in rules and nobody to tell`() throws {
        let policy = SidecarSettings().alerts.policy
        #expect(policy.rules == AlertRule.builtIn)
        #expect(policy.receivers.isEmpty)
        #expect(policy.groupWait == 30)
        #expect(policy.groupInterval == 300)
        #expect(policy.repeatEvery == 14_400)
        #expect(try resolve("rules: []").alerts.policy.rules.isEmpty)
    }

    private static let everything = """
        external_url: https://kedge.example
        windows: [{name: 10k, rows: 10000}]
        rules:
          - name: temperature
            statistic: ks_statistic
            features: ["temp", "hum*", "!humid"]
            models: ["*"]
            window: 10k
            above: 0.6
            for: 5m
            keep_firing_for: 10m
            min_rows: 1000
            severity: critical
            runbook: "https://wiki.example/temp"
            annotations: {team: weather}
          - {name: Errors, statistic: error_ratio, above: 0.05, over: 10m}
          - {name: Any, statistic: drift}
          - {name: Sure, statistic: ks_p_value, below: 0.001}
        receivers:
          - {name: team, slack: {url_file: /etc/kedge/slack-url}}
          - {name: ops, webhook: {url: "https://ops.example/hook/key", secret_file: /s, timeout: 5s}}
          - {name: am, alertmanager: {url: "http://am:9093", allow_http: true}}
          - {name: pager, pagerduty: {routing_key_env: PAGER_KEY}}
        routes:
          - {severity: critical, models: ["fraud*"], receivers: [ops, pager]}
          - {receivers: [team]}
        silences:
          - {match: {feature: temp, severity: "!critical"}, until: "2027-01-01T00:00:00Z", reason: why}
        group_wait: 1s
        group_interval: 2s
        repeat_every: 1h
        """

    @Test
    func `a file sets every key`() throws {
        let alerts = try resolve(Self.everything).alerts
        let rules = try #require(alerts.rules)
        #expect(rules.map(\.name) == ["temperature", "Errors", "Any", "Sure"])
        #expect(rules[0].condition == .above(0.6))
        #expect(rules[0].features.contains("humidity"))
        #expect(!rules[0].features.contains("humid"))
        #expect(rules[0].forSeconds == 300)
        #expect(rules[0].keepFiringForSeconds == 600)
        #expect(rules[0].minimumRows == 1_000)
        #expect(rules[0].severity == .critical)
        #expect(rules[0].annotations == ["team": "weather"])
        #expect(rules[1].statistic == .traffic(.errorRatio))
        #expect(rules[1].overSeconds == 600)
        #expect(rules[2].condition == .aboveVerdictThreshold)
        #expect(rules[3].condition == .below(0.001))
        #expect(alerts.receivers.map(\.kind) == [.slack, .webhook, .alertmanager, .pagerduty])
        #expect(alerts.receivers[0].url == .file("/etc/kedge/slack-url"))
        #expect(alerts.receivers[1].timeout == .seconds(5))
        #expect(alerts.receivers[3].secret == .variable("PAGER_KEY"))
        #expect(alerts.policy.receivers[0].spacing == 1)
        #expect(alerts.policy.receivers[2].isLevelTriggered)
        #expect(alerts.routes[0].severity == .critical)
        #expect(alerts.silences[0].matchers.map(\.isEqual) == [true, false])
        #expect(alerts.policy.groupInterval == 2)
    }

    @Test
    func `what is shown reads back, but for URLs that may be keys`() throws {
        let settings = try resolve(Self.everything)
        let shown = settings.yaml
        #expect(!shown.contains("hook/key"))
        #expect(shown.contains("https://ops.example/…"))
        let readable = shown.replacingOccurrences(
            of: "https://ops.example/…",
            with: "https://ops.example/hook/key"
        )
        #expect(try resolve(readable) == settings)
    }

    @Test(arguments: [
        ("rules: [{name: a}]", "rules[0].statistic: missing"),
        ("rules: [{name: a, statistic: ks}]", "rules[0].statistic: expected drift, ks_statistic"),
        ("rules: [{name: a, statistic: psi}]", "rules[0]: missing; expected above or below"),
        (
            "rules: [{name: a, statistic: psi, above: 1, below: 2}]",
            "rules[0]: expected one of the two, found above and below"
        ),
        (
            "rules: [{name: a, statistic: psi, above: calibrated}]",
            "rules[0].above: expected a number (thresholds that are calibrated come later)"
        ),
        (
            "rules: [{name: a, statistic: psi, above: 1, window: 9h}]",
            "rules[0].window: expected one of the windows, 1h, 10k, found \"9h\""
        ),
        (
            "rules: [{name: a, statistic: idle_seconds, above: 1, features: [temp]}]",
            "rules[0].features: expected none"
        ),
        (
            "rules: [{name: a, statistic: psi, above: 1, over: 5m}]",
            "rules[0].over: expected none"
        ),
        (
            "rules: [{name: a, statistic: drift}, {name: a, statistic: drift}]",
            "rules[1].name: given twice"
        ),
        ("receivers: [{name: a}]", "receivers[0]: missing; expected one of slack, webhook"),
        (
            "receivers: [{name: a, slack: {url: \"http://host/secret\"}}]",
            "receivers[0].slack.url: expected https://host/path"
        ),
        ("receivers: [{name: a, slack: {}}]", "expected one of url, url_file and url_env"),
        (
            "receivers: [{name: a, pagerduty: {}}]",
            "expected one of routing_key_file and routing_key_env"
        ),
        (
            "receivers: [{name: a, slack: {url_env: A, url_file: /f}}]",
            "expected one of url, url_file and url_env"
        ),
        (
            "receivers: [{name: team, slack: {url_env: A}}]\nroutes: [{receivers: [tem]}]",
            "routes[0].receivers: expected the name of a receiver, found \"tem\"; did you mean team?"
        ),
        (
            "silences: [{match: {featur: t}, until: \"2027-01-01T00:00:00Z\", reason: r}]",
            "silences[0].match.featur: unknown; did you mean feature?"
        ),
        ("silences: [{match: {feature: t}, reason: r}]", "silences[0].until: missing"),
        ("external_url: kedge.example", "external_url: expected a URL"),
    ])
    func `says what is wrong and where`(yaml: String, message: String) {
        do throws(SettingsError) {
            _ = try resolve(yaml)
            Issue.record("\(yaml) was taken")
        } catch {
            #expect("\(error)".contains(message))
            #expect(!"\(error)".contains("secret"))
        }
    }
}
