// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import Foundation
import TestSupport

/// Random changes of a small world: a few alerts in both places, deliveries and silences.
struct AlertWorld {
    /// Texts that a key must tell apart.
    static let names: [String?] = [
        nil, "", "~", "delay", "delay,1:1", "1:1,", "\0\"é", "🛫 \u{202E}", "null",
    ]

    /// Numbers that an encoding might not give back.
    private static let numbers = [
        0, -0.0, .infinity, -.infinity, .leastNonzeroMagnitude, 1e23,
    ]

    var random: SeededGenerator

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    /// The next changes; every second row is gone.
    mutating func next() throws -> AlertChanges {
        var changes = AlertChanges.none
        for _ in 0..<Int.random(in: 0...6, using: &random) {
            let (key, hasEnded) = (self.key(), Bool.random(using: &random))
            let slot = try AlertBook.Slot.of(key, hasEnded: hasEnded)
            changes.alerts[slot] = .some(isKept ? alert(key, hasEnded: hasEnded) : nil)
        }
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let group = AlertGroup(model: name, version: name)
            let key = DeliveryKey(receiver: name ?? "slack", group: group)
            changes.deliveries[key] = .some(isKept ? try delivery() : nil)
        }
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            let id = name ?? "5f"
            changes.silences[id] = .some(isKept ? silence(id) : nil)
        }
        return changes
    }

    private var isKept: Bool { mutating get { Bool.random(using: &random) } }
    private var name: String? { mutating get { Self.names.randomElement(using: &random) ?? nil } }

    /// Any number but NaN, which equals nothing.
    private var number: Double {
        mutating get {
            if Int.random(in: 0..<4, using: &random) == 0 {
                return Self.numbers.randomElement(using: &random) ?? 0
            }
            let number = Double(bitPattern: .random(in: 0...UInt64.max, using: &random))
            return number.isNaN ? 1_370_000_000.125 : number
        }
    }

    private mutating func numbers(_ count: Int) -> [Double] { (0..<count).map { _ in number } }

    private mutating func key() -> AlertKey {
        AlertKey(rule: name ?? "FeatureDrift", model: name, version: name, feature: name)
    }

    private mutating func alert(_ key: AlertKey, hasEnded: Bool) -> Alert {
        let rule = AlertRule(
            name: key.rule,
            statistic: .drift,
            condition: .above(number),
            severity: .critical,
            runbook: name,
            annotations: ["summary": name ?? "", "": "é"]
        )
        let evidence = Evidence(
            statistic: "ks_statistic",
            value: number,
            threshold: number,
            noiseFloor: number,
            rows: .random(in: 0...UInt64.max, using: &random),
            moved: [MovedShare(part: "carrier=UA", reference: number, window: number)],
            referenceShares: numbers(24),
            windowShares: numbers(24)
        )
        var alert = Alert(key: key, rule: rule, window: name, activeAt: number, evidence: evidence)
        alert.state = hasEnded ? .resolved : isKept ? .firing : .pending
        alert.firedAt = number
        alert.firedWall = number
        alert.heldSince = isKept ? number : nil
        alert.resolution = hasEnded ? .noData : nil
        alert.resolvedAt = hasEnded ? number : nil
        alert.awaitedBy = ["slack", name ?? ""]
        return alert
    }

    private mutating func delivery() throws -> DeliveryState {
        var state = DeliveryState(seed: name ?? "seed")
        state.version = .random(in: 0...Int.max, using: &random)
        state.told = [key(): number, key(): number]
        state.doubted = [key()]
        state.toldAt = isKept ? number : nil
        if isKept {
            var attempt = try decoded(
                DeliveryState.Attempt.self,
                #"{"items":[],"since":0,"failures":3}"#
            )
            attempt.since = number
            var item = try decoded(
                DeliveryState.Item.self,
                #"{"firedAt":0,"isResolved":true}"#
            )
            item.firedAt = number
            attempt.items = [key(): item, key(): item]
            state.attempt = attempt
        }
        return state
    }

    private mutating func silence(_ id: String) -> Silence {
        Silence(
            id: id,
            matchers: [.init("model", name ?? "*"), .init("feature", "temp*", isEqual: false)],
            startsAt: number,
            endsAt: number,
            updatedAt: number,
            createdBy: name ?? "ops",
            comment: name ?? ""
        )
    }
}

extension AlertChanges {
    /// No changes.
    static var none: AlertChanges {
        var engine = AlertEngine(policy: AlertPolicy()) { "" }
        return engine.takeChanges()
    }
}

extension AlertBook.Slot {
    /// One of the two places of a key.
    static func of(_ key: AlertKey, hasEnded: Bool) throws -> Self {
        var slot = try decoded(Self.self, #"{"key":{"rule":""},"hasEnded":false}"#)
        slot.key = key
        slot.hasEnded = hasEnded
        return slot
    }
}

private func decoded<Value: Decodable>(_ type: Value.Type, _ json: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(json.utf8))
}
