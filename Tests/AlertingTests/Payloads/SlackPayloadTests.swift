// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import Testing

/// What Slack takes is checked with slack_sdk too: EndToEndTests/python/alerts.
struct SlackPayloadTests {
    private func document(_ notification: Alerting.Notification) throws -> Document {
        try Document(SlackPayload.body(of: notification, context: PayloadFixtures.context))
    }

    private func texts(_ message: Document) -> [String] {
        message["blocks"].items.flatMap { block in
            [block["text"]["text"].text].compactMap(\.self)
                + block["elements"].items.compactMap { $0["text"].text }
        }
    }

    @Test
    func `a message has a header, a section an alert and says who speaks`() throws {
        let message = try document(PayloadFixtures.notification([PayloadFixtures.drift()]))
        #expect(message["text"].text == "[FIRING:1] delay 2: temp drifted")
        let kinds = message["blocks"].items.map { $0["type"].text }
        #expect(kinds == ["header", "section", "context"])
        #expect(
            message["blocks"][1]["text"]["text"].text == """
                🟠 `temp` drifted (warning, rule `FeatureDrift`)
                `ks_statistic` 0.617, above 0.1 (noise floor 0.014), 5,000 rows in window `1h`
                since 2013-06-01 03:00:00 UTC, firing since 2013-06-01 03:10:00 UTC (5m)
                moved most: `temp 64.4 to 96` 18% → 31%, `temp missing` 0% → 0.4%
                ```reference ▁▄▃▂·
                window    ·▁▂█▁```
                <https://kedge.example/?model=delay&amp;version=2&amp;feature=temp&amp;window=1h|Kedge>
                """
        )
    }

    @Test(arguments: PayloadFixtures.evilNames)
    func `no name acts, and every limit is kept`(name: String) throws {
        let message = try document(PayloadFixtures.evil(name))
        for text in texts(message) + [message["text"].text ?? ""] {
            #expect(!text.contains("<!") && !text.contains("<@") && !text.contains("<#"))
            #expect(text.split(separator: "<").dropFirst().allSatisfy { $0.hasPrefix("http") })
            #expect(text.utf8.count <= 3_000)
        }
        let header = try #require(message["blocks"][0]["text"]["text"].text)
        #expect(header.utf8.count <= 150)
        #expect(message["blocks"][1]["type"].text == "section", "the first alert is always told")
    }

    @Test
    func `what is too much is left out and counted`() throws {
        var alerts = (0..<3_000).map { PayloadFixtures.drift("feature_\($0)", value: 0.5) }
        alerts.append(PayloadFixtures.resolved(PayloadFixtures.drift("over")))
        let message = try document(PayloadFixtures.notification(alerts))
        let blocks = message["blocks"].items
        #expect(blocks.count <= 50)
        let told = blocks.count { $0["type"].text == "section" }
        #expect(told > 3)
        #expect(told <= SlackPayload.maximumAlerts)
        let counts = "\(MessageNumber.count(UInt64(3_000 - told))) firing, 1 resolved"
        let all = MessageNumber.count(UInt64(3_001 - told))
        #expect(texts(message).contains("and \(all) more are left out: \(counts)"))
    }

    @Test
    func `no slash or quote, however many, keeps the first alert from being told`() throws {
        let name = String(repeating: "\\\"", count: 4_000)
        var notification = PayloadFixtures.evil(name)
        notification.alerts[0].annotations = Dictionary(
            uniqueKeysWithValues: (0..<9).map { ("\($0)" + name, name) }
        )
        let message = try document(notification)
        #expect(message["blocks"][1]["type"].text == "section")
        let body = SlackPayload.body(of: notification, context: PayloadFixtures.context)
        #expect(body.count < 12_000)
    }
}
