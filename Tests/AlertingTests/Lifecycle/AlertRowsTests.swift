// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import Testing

/// What is kept is read as it was written.
struct AlertRowsTests {
    private func alert(_ value: Double) -> Alert {
        var alert = Alert(
            key: AlertKey(rule: "R", model: "m", version: nil, feature: "é\u{0}\n"),
            rule: AlertRule(
                name: "R",
                statistic: .drift,
                condition: .aboveVerdictThreshold,
                severity: .critical,
                runbook: "https://runbook",
                annotations: ["team": "ops", "": ""]
            ),
            window: "1h",
            activeAt: 1_700_000_000.123_456,
            evidence: Evidence(
                statistic: "ks_statistic",
                value: value,
                threshold: 0.1,
                noiseFloor: .leastNonzeroMagnitude,
                rows: UInt64(Int64.max),
                moved: [MovedShare(part: "carrier=UA", reference: 0.18, window: 0.31)],
                referenceShares: [0.1, 0.9],
                windowShares: [1.0 / 3, 2.0 / 3]
            )
        )
        alert.state = .firing
        alert.firedAt = 1_700_000_600.000_001
        alert.firedWall = 1_700_000_601
        alert.clearingSince = 1_700_000_602
        alert.heldSince = 1_700_000_603
        alert.awaitedBy = ["webhook", "slack"]
        return alert
    }

    @Test(arguments: [0.1, -0.0, .infinity, .greatestFiniteMagnitude, 1.0 / 3])
    func `an alert survives`(value: Double) throws {
        let alert = alert(value)
        #expect(try KeptRows.value(Alert.self, try KeptRows.bytes(alert)) == alert)
        var over = alert
        _ = over.end(.noData, at: 1_700_000_700, wall: 1_700_000_701)
        #expect(over.state == .resolved)
        #expect(try KeptRows.value(Alert.self, try KeptRows.bytes(over)) == over)
    }

    @Test
    func `what a receiver was told survives`() throws {
        var state = DeliveryState(seed: "abc123")
        #expect(try KeptRows.value(DeliveryState.self, try KeptRows.bytes(state)) == state)
        let keys = (0..<50).map { AlertKey(rule: "R\($0)", model: $0 % 2 == 0 ? nil : "m") }
        state.version = 7
        state.toldAt = 1_700_000_000.5
        for key in keys.prefix(30) { state.told[key] = 0.1 * Double(key.rule.count) }
        state.doubted = Set(keys.suffix(10))
        state.attempt = DeliveryState.Attempt(
            items: [
                keys[0]: .init(firedAt: 1, isResolved: true),
                keys[1]: .init(firedAt: 2, isResolved: false),
            ],
            since: 1_700_000_001
        )
        let read = try KeptRows.value(DeliveryState.self, try KeptRows.bytes(state))
        #expect(read == state)
        #expect(read.notificationID == "kedge_abc123_7")
    }

    @Test
    func `a silence survives, and holds for the same`() throws {
        let silence = Silence(
            id: "0f",
            matchers: [.init("model", #"d*\*"#), .init("feature", "a?", isEqual: false)],
            startsAt: 1,
            endsAt: 2.5,
            updatedAt: 0,
            createdBy: "me",
            comment: "wörk"
        )
        #expect(try KeptRows.value(Silence.self, try KeptRows.bytes(silence)) == silence)
    }
}
