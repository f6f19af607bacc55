// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import Foundation

/// A store that keeps rows, as a file would: what is read back went through bytes.
struct KeptRows {
    private(set) var alerts: [AlertBook.Slot: Data] = [:]
    private(set) var deliveries: [DeliveryKey: Data] = [:]
    private(set) var silences: [String: Data] = [:]

    var isEmpty: Bool { alerts.isEmpty && deliveries.isEmpty && silences.isEmpty }

    /// Keeps changes, all of them.
    mutating func apply(_ changes: AlertChanges) throws {
        for (slot, alert) in changes.alerts { alerts[slot] = try alert.map(Self.bytes) }
        for (key, state) in changes.deliveries { deliveries[key] = try state.map(Self.bytes) }
        for (id, silence) in changes.silences { silences[id] = try silence.map(Self.bytes) }
    }

    /// What a process that starts anew finds.
    func kept() throws -> KeptAlerts {
        var kept = KeptAlerts()
        kept.alerts = try alerts.values.map { try Self.value(Alert.self, $0) }
        kept.deliveries = try deliveries.map {
            (key: $0.key, state: try Self.value(DeliveryState.self, $0.value))
        }
        kept.silences = try silences.values.map { try Self.value(Silence.self, $0) }
        return kept
    }

    static func bytes(_ value: some Encodable) throws -> Data {
        let encoder = PropertyListEncoder()
        encoder.outputFormat = .binary
        return try encoder.encode([value])
    }

    static func value<T: Decodable>(_ type: T.Type, _ bytes: Data) throws -> T {
        let values = try PropertyListDecoder().decode([T].self, from: bytes)
        guard let value = values.first, values.count == 1 else { throw NotOneValue() }
        return value
    }

    struct NotOneValue: Error {}
}
