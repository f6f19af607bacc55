// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting

/// What a store of alerts should keep, in dictionaries: the oracle of its tests.
struct AlertModel: Equatable {
    struct Place: Hashable {
        let key: AlertKey
        let hasEnded: Bool
    }

    private(set) var alerts: [Place: Alert] = [:]
    private(set) var deliveries: [DeliveryKey: DeliveryState] = [:]
    private(set) var silences: [String: Silence] = [:]

    var count: Int { alerts.count + deliveries.count + silences.count }

    init() {}

    /// What a store has loaded.
    init(_ kept: KeptAlerts) {
        for alert in kept.alerts {
            alerts[Place(key: alert.key, hasEnded: alert.state == .resolved)] = alert
        }
        for (key, state) in kept.deliveries { deliveries[key] = state }
        for silence in kept.silences { silences[silence.id] = silence }
    }

    mutating func take(_ changes: AlertChanges) {
        for (slot, alert) in changes.alerts {
            alerts[Place(key: slot.key, hasEnded: slot.hasEnded)] = alert
        }
        for (key, state) in changes.deliveries { deliveries[key] = state }
        for (id, silence) in changes.silences { silences[id] = silence }
    }

    /// Whether everything here is there too, as it is there.
    func isPart(of other: AlertModel) -> Bool {
        alerts.allSatisfy { other.alerts[$0] == $1 }
            && deliveries.allSatisfy { other.deliveries[$0] == $1 }
            && silences.allSatisfy { other.silences[$0] == $1 }
    }
}
