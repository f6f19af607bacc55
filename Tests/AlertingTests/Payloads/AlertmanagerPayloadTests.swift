// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import PredictionLog
import Testing

struct AlertmanagerPayloadTests {
    private func span(_ alert: Alert, now: Double) throws -> (start: Double, end: Double) {
        let notification = PayloadFixtures.notification([alert], time: now)
        let body = AlertmanagerPayload.body(of: notification, context: PayloadFixtures.context)
        let posted = try Document(body)[0]
        return (
            try #require(RFC3339.parse(posted["startsAt"].text ?? "")),
            try #require(RFC3339.parse(posted["endsAt"].text ?? ""))
        )
    }

    @Test
    func `a firing alert ends in four minutes, however long ago its report's clock is`() throws {
        let (start, end) = try span(PayloadFixtures.drift(), now: 1_700_000_000)
        #expect(start == PayloadFixtures.start + 600)
        #expect(end == 1_700_000_240)
    }

    @Test
    func `an alert that is over ended when it was over`() throws {
        let over = PayloadFixtures.resolved(PayloadFixtures.drift())
        let (start, end) = try span(over, now: 1_700_000_000)
        #expect((start, end) == (PayloadFixtures.start + 600, PayloadFixtures.start + 7_200))
    }

    @Test(arguments: [-3_600, -0.001, 0, 0.0004, 0.001, 60, 3_600])
    func `no span is empty and nothing over ends in the future, whatever the clocks`(
        ahead: Double
    ) throws {
        for fraction in 0..<40 {
            let now = PayloadFixtures.start + 600 - ahead + Double(fraction) / 10_000
            let alert = PayloadFixtures.drift()
            let firing = try span(alert, now: now)
            #expect(firing.end - firing.start > 0.0009)
            for length in [0.0, 0.0003, 0.001, 5] {
                let time = PayloadFixtures.start + 600 + length
                let over = try span(PayloadFixtures.resolved(alert, at: time), now: now)
                #expect(over.end - over.start > 0.0009)
                // To the millisecond, or the end it must have not to be empty.
                #expect(over.end <= now + 0.0006)
            }
        }
    }

    @Test
    func `labels and annotations are those of the webhook`() throws {
        let notification = PayloadFixtures.evil("x")
        let context = PayloadFixtures.context
        let posted = try Document(AlertmanagerPayload.body(of: notification, context: context))
        let sent = try Document(WebhookPayload.body(of: notification, context: context))["alerts"]
        for alert in posted.items {
            let same = sent.items.first { $0["labels"].texts == alert["labels"].texts }
            #expect(same?["annotations"].texts == alert["annotations"].texts)
        }
    }
}
