// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What the last process left.
package struct KeptAlerts: Sendable {
    /// The alerts, those that are over and not told included.
    package var alerts: [Alert] = []
    /// What receivers were told.
    package var deliveries: [(key: DeliveryKey, state: DeliveryState)] = []
    /// The silences that were asked for.
    package var silences: [Silence] = []

    /// Nothing.
    package init() {}
}

/// What has to be kept: rows as they stand now, nil for those that are gone.
package struct AlertChanges: Sendable {
    /// Alerts.
    package var alerts: [AlertBook.Slot: Alert?] = [:]
    /// What receivers were told.
    package var deliveries: [DeliveryKey: DeliveryState?] = [:]
    /// Silences, by id.
    package var silences: [String: Silence?] = [:]

    /// Whether there is nothing.
    package var isEmpty: Bool { alerts.isEmpty && deliveries.isEmpty && silences.isEmpty }
}

extension AlertEngine {
    /// What has to be kept since this was last asked; to be kept together or not at all.
    package mutating func takeChanges() -> AlertChanges {
        var changes = AlertChanges()
        changes.alerts = book.takeUnkept()
        for key in unkeptDeliveries { changes.deliveries[key] = .some(deliveries[key]) }
        for id in unkeptSilences { changes.silences[id] = .some(asked[id]) }
        unkeptDeliveries = []
        unkeptSilences = []
        return changes
    }

    /// These could not be kept.
    package mutating func keepAgain(_ changes: AlertChanges) {
        book.keepAgain(changes.alerts.keys)
        unkeptDeliveries.formUnion(changes.deliveries.keys)
        unkeptSilences.formUnion(changes.silences.keys)
    }

    /// Everything has to be kept anew.
    package mutating func keepAnew() {
        book.keepAnew()
        unkeptDeliveries.formUnion(deliveries.keys)
        unkeptSilences.formUnion(asked.keys)
    }
}
