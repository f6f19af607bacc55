// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import Testing

struct MessageTextTests {
    private func title(_ notification: Alerting.Notification) -> String {
        MessageText(notification, context: PayloadFixtures.context).title.plain
    }

    private func text(_ alert: Alert) -> AlertText {
        AlertText(alert, context: PayloadFixtures.context)
    }

    @Test
    func `a title says how many fire, whose they are and what happens to which features`() {
        let alerts = [
            PayloadFixtures.drift("temp"), PayloadFixtures.drift("prediction", value: 0.3),
        ]
        #expect(
            title(PayloadFixtures.notification(alerts))
                == "[FIRING:2] delay 2: temp, prediction drifted"
        )
        let some = alerts + [PayloadFixtures.resolved(PayloadFixtures.drift("carrier"))]
        #expect(
            title(PayloadFixtures.notification(some))
                == "[FIRING:2] delay 2: temp, prediction drifted"
        )
        #expect(
            title(PayloadFixtures.notification(some.map { PayloadFixtures.resolved($0) }))
                == "[RESOLVED] delay 2: carrier, temp, prediction drifted"
        )
        #expect(
            title(PayloadFixtures.notification(alerts, isSample: true)).hasPrefix("[SAMPLE] ")
        )
    }

    @Test
    func `two rules about one feature name it once`() {
        let other = PayloadFixtures.drift("temp", of: PayloadFixtures.rule("Other"))
        let title = title(PayloadFixtures.notification([PayloadFixtures.drift("temp"), other]))
        #expect(title == "[FIRING:2] delay 2: temp drifted")
    }

    @Test
    func `a title of thousands stays short and counts the rest`() {
        let alerts = (0..<3_000).map { PayloadFixtures.drift("feature_\($0)", value: 0.5) }
        #expect(title(PayloadFixtures.notification(alerts)).hasSuffix("2,997 more drifted"))
    }

    @Test(
        arguments: [
            (TrafficStatistic.idleSeconds, 3_900.0, "[FIRING:1] delay 2: no records for 1h 5m"),
            (.errorRatio, 0.12, "[FIRING:1] delay 2: 12% of records failed"),
            (.rejectedRatio, 0.03, "[FIRING:1] pod-7: 3% of lines rejected"),
            (.droppedRatio, 0.02, "[FIRING:1] pod-7: 2% of records dropped by producers"),
        ]
    )
    func `traffic has words of its own`(statistic: TrafficStatistic, value: Double, title: String) {
        let alert = PayloadFixtures.traffic(statistic, value: value, threshold: 0.01)
        #expect(self.title(PayloadFixtures.notification([alert])) == title)
    }

    @Test
    func `an alert tells its evidence, its times, what moved and both distributions`() {
        let plain = text(PayloadFixtures.drift()).plain
        #expect(
            plain == """
                temp drifted (warning, rule FeatureDrift)
                ks_statistic 0.617, above 0.1 (noise floor 0.014), 5,000 rows in window 1h
                since 2013-06-01 03:00:00 UTC, firing since 2013-06-01 03:10:00 UTC (5m)
                moved most: temp 64.4 to 96 18% → 31%, temp missing 0% → 0.4%
                reference ▁▄▃▂·
                window    ·▁▂█▁
                """
        )
    }

    @Test(
        arguments: [
            (Alert.Resolution.cleared, "the condition cleared (cleared)"),
            (.noData, "there is nothing to look at any more (no_data)"),
            (.ruleRemoved, "no rule asks for it any more (rule_removed)"),
        ]
    )
    func `what is over tells for how long it fired and why it ended`(
        resolution: Alert.Resolution,
        words: String
    ) {
        let lines = text(PayloadFixtures.resolved(PayloadFixtures.drift(), resolution)).lines
        #expect(
            lines[1].plain == "fired 2013-06-01 03:10:00 UTC, resolved 2013-06-01 05:00:00 UTC "
                + "after 1h 50m: \(words)"
        )
        #expect(lines[0].plain.hasPrefix("last ks_statistic 0.617"))
    }

    @Test
    func `an alert of which nothing can be said is marked`() {
        var alert = PayloadFixtures.drift()
        #expect(!text(alert).plain.contains("learning"))
        alert.heldSince = PayloadFixtures.start + 800
        #expect(text(alert).plain.contains("nothing can be said at the moment (learning)"))
    }

    @Test
    func `links are those of the web alone, another runbook is words`() {
        let names = { (runbook: String) in
            let rule = PayloadFixtures.rule(runbook: runbook)
            return text(PayloadFixtures.drift(of: rule)).links.map(\.name)
        }
        #expect(names("https://wiki.example/x") == ["Runbook", "Kedge"])
        for other in ["javascript:alert(1)", "ftp://x", "https://", "https:///x", "https://x/a b"] {
            #expect(names(other) == ["Kedge"])
        }
        let rule = PayloadFixtures.rule(runbook: "ask the\nteam")
        #expect(text(PayloadFixtures.drift(of: rule)).plain.contains("runbook: ask the␊team"))
    }

    @Test
    func `a link of the page holds every name encoded, and less when it would be too long`() {
        let context = PayloadFixtures.context
        let group = AlertGroup(model: "a&b", version: "é")
        #expect(
            context.page(of: group, feature: "x y", window: "1h")?.text
                == "https://kedge.example/?model=a%26b&version=%C3%A9&feature=x%20y&window=1h"
        )
        let long = String(repeating: "x", count: 3_000)
        #expect(
            context.page(of: group, feature: long)?.text
                == "https://kedge.example/?model=a%26b&version=%C3%A9"
        )
        let longer = context.page(of: AlertGroup(model: long, version: "1"))
        #expect(longer?.text == "https://kedge.example/")
        #expect(MessageContext(producer: "kedge/1").page(of: group) == nil)
    }

    @Test
    func `no control character or override of direction is shown`() {
        let cleaned = MessageName.clean("a\n\u{0}\u{7F}\u{85}\u{202E}\u{2028}b", limit: 100)
        #expect(cleaned == "a␊␀␡\u{FFFD}\u{FFFD}\u{FFFD}b")
    }

    @Test
    func `a name is cut between graphemes at every limit`() {
        let name = "ab👩‍👩‍👧‍👦e\u{301}漢🇨🇭" + "e" + String(repeating: "\u{301}", count: 50)
        for limit in 3...200 {
            let cut = MessageName.clean(name, limit: limit)
            #expect(cut.utf8.count <= limit)
            if cut == name { continue }
            #expect(cut.hasSuffix("…"))
            #expect(name.hasPrefix(cut.dropLast()))
        }
    }

    @Test
    func `shares that are no numbers, or of two lengths, make no picture and no trap`() {
        let picture = { (reference: [Double], window: [Double]) in
            var evidence = Evidence(statistic: "psi", value: 1, threshold: 0)
            (evidence.referenceShares, evidence.windowShares) = (reference, window)
            return SharePicture(evidence)
        }
        #expect(picture([], []) == nil)
        #expect(picture([0, 0], [0, 0]) == nil)
        #expect(picture([1], [1, 0]) == nil)
        #expect(
            picture([.nan, .infinity, 1], [-1, 0, 0.5])?.lines == [
                "reference ··█", "window    ··▄",
            ]
        )
    }
}
