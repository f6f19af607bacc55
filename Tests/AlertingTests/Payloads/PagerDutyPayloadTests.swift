// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import Testing

struct PagerDutyPayloadTests {
    private func body(_ notification: Alerting.Notification) -> [UInt8] {
        PagerDutyPayload.body(
            of: notification,
            context: PayloadFixtures.context,
            routingKey: "key"
        )
    }

    @Test
    func `an event names its incident, its cause and where to look`() throws {
        let rule = PayloadFixtures.rule(severity: .critical, runbook: "https://wiki.example/x")
        let alerts = [
            PayloadFixtures.drift(of: rule), PayloadFixtures.resolved(PayloadFixtures.drift("x")),
        ]
        let event = try Document(body(PayloadFixtures.notification(alerts)))
        #expect(event["routing_key"].text == "key")
        #expect(event["event_action"].text == "trigger")
        #expect(event["client"].text == "Kedge")
        let payload = event["payload"]
        #expect(payload["summary"].text == "[FIRING:1] delay 2: temp drifted")
        #expect(payload["severity"].text == "critical")
        #expect(payload["source"].text == "pod-7")
        #expect(payload["component"].text == "delay")
        #expect(payload["group"].text == "delay 2")
        #expect(payload["class"].text == "FeatureDrift")
        #expect(payload["timestamp"].text == "2013-06-01T03:15:00Z")
        #expect(payload["custom_details"]["num_firing"].number == 1)
        #expect(payload["custom_details"]["num_resolved"].number == 1)
        #expect(
            event["links"].items.map { $0["href"].text } == [
                "https://kedge.example/?model=delay&version=2", "https://wiki.example/x",
            ]
        )
    }

    @Test
    func `an incident is its receiver's and group's, whatever fires`() throws {
        let context = PayloadFixtures.context
        let firing = PayloadFixtures.notification([PayloadFixtures.drift()])
        var later = PayloadFixtures.notification(
            [PayloadFixtures.resolved(PayloadFixtures.drift("other"))]
        )
        later.id = "another"
        let incident = PagerDutyPayload.incident(firing, context: context)
        #expect(incident == PagerDutyPayload.incident(later, context: context))
        later.receiver = "another"
        #expect(incident != PagerDutyPayload.incident(later, context: context))
        later.receiver = firing.receiver
        var replica = context
        replica.instance = "pod-2"
        #expect(incident == PagerDutyPayload.incident(later, context: replica))
        later.group = AlertGroup(model: nil, version: nil)
        #expect(
            PagerDutyPayload.incident(later, context: context)
                != PagerDutyPayload.incident(later, context: replica)
        )
        #expect(try Document(body(later))["event_action"].text == "resolve")
        let groups = [
            AlertGroup(model: nil, version: nil), AlertGroup(model: "", version: nil),
            AlertGroup(model: nil, version: ""), AlertGroup(model: "ab", version: "c"),
            AlertGroup(model: "a", version: "bc"), AlertGroup(model: "delay", version: "2"),
        ]
        let incidents = groups.map { group in
            var other = firing
            other.group = group
            return PagerDutyPayload.incident(other, context: context)
        }
        #expect(Set(incidents).count == groups.count)
        #expect(incidents.last == PagerDutyPayload.incident(firing, context: context))
    }

    @Test
    func `a sample triggers an incident of its own, even of what is over`() throws {
        let over = [PayloadFixtures.resolved(PayloadFixtures.drift())]
        let sample = try Document(body(PayloadFixtures.notification(over, isSample: true)))
        let real = try Document(body(PayloadFixtures.notification(over)))
        #expect(sample["event_action"].text == "trigger")
        #expect(sample["dedup_key"].text != real["dedup_key"].text)
        #expect(sample["payload"]["summary"].text?.hasPrefix("[SAMPLE]") == true)
    }

    @Test(arguments: PayloadFixtures.evilNames)
    func `the longest names and thousands of alerts stay below PagerDuty's limits`(
        name: String
    ) throws {
        let rule = PayloadFixtures.rule(
            name,
            annotations: Dictionary(uniqueKeysWithValues: (0..<20).map { ("\($0)" + name, name) })
        )
        let alerts = (0..<150).map { index in
            PayloadFixtures.drift("\(index)" + name, of: rule, model: name, version: name)
        }
        let bytes = body(PayloadFixtures.notification(alerts))
        #expect(bytes.count < 512_000)
        let event = try Document(bytes)
        #expect(event["payload"]["summary"].text?.unicodeScalars.count ?? 0 <= 1_024)
        #expect(event["payload"]["source"].text?.isEmpty == false)
        let told = event["payload"]["custom_details"]["firing"].items.count
        #expect(told > 0)
        let left = event["payload"]["custom_details"]["left_out"].text
        #expect(left == "and \(150 - told) more are left out: \(150 - told) firing")
    }
}
