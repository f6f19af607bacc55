// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics

extension Notification {
    /// A sample, for whoever wants to see whether a receiver gets what it is sent; it is marked.
    package static func sample(for receiver: String, time: Double) -> Notification {
        let rule = AlertRule(
            name: "SampleAlert",
            statistic: .feature(.ksStatistic),
            condition: .above(0.1),
            severity: .info,
            annotations: ["sample": "This is a test of the receiver; nothing is wrong."]
        )
        var alert = Alert(
            key: AlertKey(rule: rule.name, model: "sample", version: "1", feature: "temp"),
            rule: rule,
            window: "1h",
            activeAt: time - 600,
            evidence: Evidence(
                statistic: rule.statistic.name,
                value: 0.42,
                threshold: 0.1,
                noiseFloor: 0.015,
                rows: 5_000,
                moved: [
                    MovedShare(part: "temp above 64.4:", reference: 0, window: 0.31),
                    MovedShare(part: "temp 10.94 to 30.02:", reference: 0.25, window: 0.08),
                ],
                referenceShares: [0.2, 0.2, 0.2, 0.2, 0.2, 0],
                windowShares: [0.02, 0.06, 0.1, 0.3, 0.52, 0]
            )
        )
        alert.state = .firing
        alert.observedAt = time
        alert.firedAt = time - 300
        alert.firedWall = time - 300
        return Notification(
            receiver: receiver,
            group: alert.key.group,
            id: "kedge_sample_\(Int(time * 1_000))",
            alerts: [alert],
            time: time,
            isSample: true
        )
    }
}
