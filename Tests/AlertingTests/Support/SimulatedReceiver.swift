// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting

/// Somebody who is told, and what it knows.
struct SimulatedReceiver {
    /// What it was told of an alert.
    struct Item: Hashable {
        var key: AlertKey
        var firedAt: Double
        var isResolved: Bool
    }

    /// A request that reached it.
    struct Received {
        var time: Double
        var id: String
        var group: AlertGroup
        var items: Set<Item>
        /// What was, as the world counts changes, when it came.
        var change: Int
        /// When the sender kept that it had arrived; nil until it did.
        var keptAt: Double?
        /// Whether it was refused, and so may be said again after a restart.
        var isRefused = false
    }

    let settings: AlertPolicy.Receiver
    /// Nothing reaches it before.
    var awayUntil = -Double.infinity
    /// Everything that reached it, in order.
    private(set) var received: [Received] = []

    init(_ settings: AlertPolicy.Receiver) {
        self.settings = settings
    }

    /// What was last said of an alert.
    func knows(_ key: AlertKey) -> Item? {
        for request in received.reversed() {
            if let item = request.items.first(where: { $0.key == key }) { return item }
        }
        return nil
    }

    /// Takes a notification.
    mutating func take(_ notification: Notification, at time: Double, change: Int) {
        received.append(
            Received(
                time: time,
                id: notification.id,
                group: notification.group,
                items: Set(notification.alerts.map(Item.init)),
                change: change
            )
        )
    }

    /// The sender has kept that a notification arrived.
    mutating func confirm(_ id: String, at time: Double, isTaken: Bool) {
        for index in received.indices where received[index].id == id {
            received[index].isRefused = !isTaken
            received[index].keptAt = received[index].keptAt ?? time
        }
    }
}

extension SimulatedReceiver.Item {
    init(_ alert: Alert) {
        self.init(
            key: alert.key,
            firedAt: alert.firedAt ?? .nan,
            isResolved: alert.state == .resolved
        )
    }
}
