// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import Testing

/// A real Alertmanager is compared with in EndToEndTests/python/alerts.
struct WebhookPayloadTests {
    private func document(_ notification: Alerting.Notification) throws -> Document {
        try Document(WebhookPayload.body(of: notification, context: PayloadFixtures.context))
    }

    @Test
    func `the body is byte for byte that of Alertmanager's version 4`() throws {
        let rule = PayloadFixtures.rule(
            runbook: "https://wiki.example/x",
            annotations: ["description": "own", "te-am": "weather"]
        )
        let notification = PayloadFixtures.notification([PayloadFixtures.drift(of: rule)])
        let labels = """
            {"alertname":"FeatureDrift","feature":"temp","model":"delay","model_version":"2",\
            "severity":"warning","window":"1h"}
            """
        let annotations = """
            {"description":"own","runbook_url":"https://wiki.example/x",\
            "summary":"delay 2: temp drifted","te_am":"weather"}
            """
        let body = String(
            decoding: WebhookPayload.body(of: notification, context: PayloadFixtures.context),
            as: UTF8.self
        )
        let page = "https://kedge.example/?model=delay&version=2&feature=temp&window=1h"
        let fingerprint = AlertLabels(PayloadFixtures.drift()).fingerprint
        #expect(
            body == """
                {"receiver":"team","status":"firing","alerts":[{"status":"firing",\
                "labels":\(labels),"annotations":\(annotations),\
                "startsAt":"2013-06-01T03:10:00Z","endsAt":"0001-01-01T00:00:00Z",\
                "generatorURL":"\(page)","fingerprint":"\(fingerprint)"}],\
                "groupLabels":{"model":"delay","model_version":"2"},"commonLabels":\(labels),\
                "commonAnnotations":\(annotations),"externalURL":"https://kedge.example",\
                "version":"4","groupKey":"{}:{model=\\"delay\\", model_version=\\"2\\"}",\
                "truncatedAlerts":0}
                """
        )
    }

    @Test
    func `alerts come in Alertmanager's order: fewer labels first, then by bytes`() throws {
        var noWindow = PayloadFixtures.drift("zzz")
        noWindow.window = nil
        let names = ["temp", "a", "Z", "\u{E9}", "e\u{301}"]
        let alerts = names.map { PayloadFixtures.drift($0) } + [noWindow]
        let message = try document(PayloadFixtures.notification(alerts))
        let order = message["alerts"].items.map { Array(($0["labels"]["feature"].text ?? "").utf8) }
        #expect(order == ["zzz", "Z", "a", "e\u{301}", "temp", "\u{E9}"].map { Array($0.utf8) })
    }

    @Test
    func `what is common is what every alert has, byte by byte`() throws {
        let alerts = ["\u{E9}", "e\u{301}"].map { PayloadFixtures.drift($0) }
        let message = try document(PayloadFixtures.notification(alerts))
        #expect(message["commonLabels"].texts["feature"] == nil)
        #expect(message["commonLabels"].texts["model"] == "delay")
    }

    @Test
    func `what is over has its end, and fired for a millisecond at least`() throws {
        let alert = PayloadFixtures.drift()
        let over = PayloadFixtures.resolved(alert, .noData, at: alert.firedAt ?? 0)
        let message = try document(PayloadFixtures.notification([over]))
        #expect(message["status"].text == "resolved")
        #expect(message["alerts"][0]["endsAt"].text == "2013-06-01T03:10:00.001Z")
    }

    @Test
    func `the process's group has no labels, and odd names are quoted as Go does`() throws {
        let dropped = PayloadFixtures.traffic(.droppedRatio, value: 0.5, threshold: 0.1)
        let message = try document(PayloadFixtures.notification([dropped]))
        #expect(message["groupKey"].text == "{}:{}")
        let model = "a\"\\\n\u{7}\u{1B}\u{7F}\u{85}\u{A0}\u{202E}é漢\u{F0000}"
        let odd = PayloadFixtures.drift(model: model)
        let key = try document(PayloadFixtures.notification([odd]))["groupKey"].text
        let quoted = #""a\"\\\n\a\x1b\x7f\u0085\u00a0\u202eé漢\U000f0000""#
        #expect(key == "{}:{model=\(quoted), model_version=\"2\"}")
    }

    @Test
    func `what is too much is counted, and the gravest stay`() throws {
        let critical = PayloadFixtures.rule("Critical", severity: .critical)
        let alerts =
            (0..<1_500).map { PayloadFixtures.drift("feature_\($0)") }
            + [PayloadFixtures.drift("zzz", of: critical, value: 0.2)]
        let message = try document(PayloadFixtures.notification(alerts))
        #expect(message["alerts"].items.count == WebhookPayload.maximumAlerts)
        #expect(message["truncatedAlerts"].number == 501)
        #expect(message["alerts"].items.contains { $0["labels"]["feature"].text == "zzz" })
    }

    @Test(arguments: PayloadFixtures.evilNames)
    func `labels are the names as they are`(name: String) throws {
        let message = try document(PayloadFixtures.evil(name))
        let feature = message["alerts"].items.compactMap { $0["labels"]["model"].text }
        #expect(name.isEmpty ? feature.isEmpty : feature == [name, name])
    }

    @Test
    func `a sample says so`() throws {
        let sample = PayloadFixtures.notification([PayloadFixtures.drift()], isSample: true)
        let summary = try document(sample)["alerts"][0]["annotations"]["summary"].text
        #expect(summary == "[SAMPLE] delay 2: temp drifted")
    }
}
