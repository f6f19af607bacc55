// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
package import Exposition

/// Renders the alerts and what becomes of their notifications.
package enum AlertMetrics {
    /// Writes the families; those of receivers only when there are any.
    package static func write(_ figures: AlertFigures, to writer: inout ExpositionWriter) {
        writer.family(alerts) { family in
            family.sample(Double(figures.pending), Labels(["state": "pending"]))
            family.sample(Double(figures.firing), Labels(["state": "firing"]))
        }
        writer.single(silenced, Double(figures.silenced))
        writer.single(held, Double(figures.held))
        writer.family(refused) { $0.sample(count: figures.refused) }
        guard !figures.receivers.isEmpty else { return }
        let receivers = figures.receivers.map { ($0, Labels(["receiver": $0.name])) }
        writer.family(notifications) { family in
            for (receiver, label) in receivers {
                for (outcome, count) in Self.outcomes {
                    family.sample(
                        count: receiver.state.counts[keyPath: count],
                        label,
                        outcome
                    )
                }
            }
        }
        writer.family(pending) { family in
            for (receiver, label) in receivers { family.sample(Double(receiver.pending), label) }
        }
        writer.family(disabled) { family in
            for (receiver, label) in receivers {
                family.sample(receiver.state.disabled == nil ? 0 : 1, label)
            }
        }
        writer.family(durations) { family in
            for (receiver, label) in receivers { family.histogram(receiver.durations, label) }
        }
    }

    private static let outcomes:
        [(outcome: Labels, count: any KeyPath<ReceiverState.Counts, UInt64> & Sendable)] = [
            (Labels(["outcome": "delivered"]), \.delivered),
            (Labels(["outcome": "failed"]), \.failed),
            (Labels(["outcome": "rejected"]), \.rejected),
            (Labels(["outcome": "abandoned"]), \.abandoned),
        ]

    private static let alerts = MetricDescriptor(
        "kedge_alerts",
        .gauge,
        help: "Alerts by state, silenced ones included."
    )
    private static let silenced = MetricDescriptor(
        "kedge_alerts_silenced",
        .gauge,
        help: "Alerts that fire and are silenced."
    )
    private static let held = MetricDescriptor(
        "kedge_alerts_held",
        .gauge,
        help: "Alerts that keep their state, as there are too few records to say more."
    )
    private static let refused = MetricDescriptor(
        "kedge_alerts_refused",
        .counter,
        help: "Conditions that hold and for which there are too many alerts already."
    )
    private static let notifications = MetricDescriptor(
        "kedge_notifications",
        .counter,
        help: "Notifications by outcome: delivered, failed (and tried again), rejected, abandoned."
    )
    private static let pending = MetricDescriptor(
        "kedge_notifications_pending",
        .gauge,
        help: "Model versions of which a receiver is due to be told something."
    )
    private static let disabled = MetricDescriptor(
        "kedge_receiver_disabled",
        .gauge,
        help: "1 for a receiver that has said that it is gone; a reload tries it again."
    )
    private static let durations = MetricDescriptor(
        "kedge_notification_duration_seconds",
        .histogram,
        unit: .seconds,
        help: "How long requests to receivers took."
    )
}
