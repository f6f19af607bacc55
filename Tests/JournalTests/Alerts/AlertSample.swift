// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting

/// One alert in both places, one delivery and one silence: what the fixtures hold.
struct AlertSample {
    let changes: AlertChanges

    init() throws {
        let key = AlertKey(rule: "FeatureDrift", model: "delay", version: "1", feature: "temp")
        var alert = Alert(
            key: key,
            rule: AlertRule(name: "FeatureDrift", statistic: .drift, condition: .above(0.1)),
            window: "10m",
            activeAt: 600.5,
            evidence: Evidence(
                statistic: "ks_statistic",
                value: 0.3,
                threshold: 0.1,
                noiseFloor: .infinity,
                rows: 1_000,
                moved: [MovedShare(part: "temp above 64.4", reference: 0.1, window: 0.4)],
                referenceShares: [0.1, 0.9],
                windowShares: [0.4, 0.6]
            )
        )
        alert.state = .firing
        alert.firedAt = 1_200
        var ended = alert
        ended.state = .resolved
        ended.resolvedAt = 900
        ended.resolution = .cleared
        ended.awaitedBy = ["slack"]
        var delivery = DeliveryState(seed: "5f")
        delivery.version = 3
        delivery.told = [key: 1_200]
        delivery.doubted = [key]
        delivery.toldAt = 1_230
        var changes = AlertChanges.none
        changes.alerts[try .of(key, hasEnded: false)] = .some(alert)
        changes.alerts[try .of(key, hasEnded: true)] = .some(ended)
        changes.deliveries[DeliveryKey(receiver: "slack", group: key.group)] = .some(delivery)
        changes.silences["s1"] = .some(
            Silence(
                id: "s1",
                matchers: [.init("feature", "temp*"), .init("severity", "info", isEqual: false)],
                startsAt: 0,
                endsAt: 3_600,
                updatedAt: 5,
                createdBy: "ops",
                comment: "a sensor is exchanged"
            )
        )
        self.changes = changes
    }

    /// What a store keeps of them.
    var model: AlertModel {
        var model = AlertModel()
        model.take(changes)
        return model
    }
}
