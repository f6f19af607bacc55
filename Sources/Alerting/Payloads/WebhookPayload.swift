// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// The body of a webhook's request: what Alertmanager 0.25 sends for the same alerts, grouped by
/// `model` and `model_version` (its message version 4).
package enum WebhookPayload {
    /// No more alerts are in a body; `truncatedAlerts` counts the others, the least grave ones.
    package static let maximumAlerts = 1_000

    /// The body of a notification.
    package static func body(of notification: Notification, context: MessageContext) -> [UInt8] {
        let entries = notification.alerts.prefix(maximumAlerts)
            .map { Entry($0, isSample: notification.isSample, context: context) }
            .sorted { $0.labels.comesBefore($1.labels) }
        let group = groupLabels(notification.group)
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("receiver")
            writer.value(notification.receiver)
            writer.key("status")
            writer.value(notification.firing.isEmpty ? "resolved" : "firing")
            writer.key("alerts")
            writer.array { writer in
                for entry in entries { entry.write(to: &writer) }
            }
            writer.member("groupLabels", group)
            writer.member("commonLabels", common(entries.map(\.labels.pairs)))
            writer.member("commonAnnotations", common(entries.map(\.annotations)))
            writer.key("externalURL")
            writer.value(context.externalURL ?? "")
            writer.key("version")
            writer.value("4")
            writer.key("groupKey")
            writer.value(groupKey(group))
            writer.key("truncatedAlerts")
            writer.value(notification.alerts.count - entries.count)
        }
        return writer.bytes
    }

    /// Alertmanager's key of a group: the route's matchers, and the labels as Go writes a set.
    private static func groupKey(_ labels: [(name: String, value: String)]) -> String {
        let pairs = labels.map { "\($0.name)=\(GoText.quoted($0.value))" }
        return "{}:{\(pairs.joined(separator: ", "))}"
    }

    private static func groupLabels(_ group: AlertGroup) -> [(name: String, value: String)] {
        [("model", group.model), ("model_version", group.version)].compactMap { name, value in
            guard let value, !value.isEmpty else { return nil }
            return (name, value)
        }
    }

    /// The pairs of the first set that are in every set; a missing value is the empty one there.
    private static func common(
        _ sets: [[(name: String, value: String)]]
    ) -> [(name: String, value: String)] {
        guard var common = sets.first else { return [] }
        for set in sets.dropFirst() {
            common = common.filter { pair in
                // Byte by byte: Swift takes texts for equal that Alertmanager does not.
                let value = set.first { $0.name == pair.name }?.value ?? ""
                return value.utf8.elementsEqual(pair.value.utf8)
            }
        }
        return common
    }

    /// One alert of a body.
    private struct Entry {
        let alert: Alert
        let labels: AlertLabels
        let annotations: [(name: String, value: String)]
        let page: WebLink?

        init(_ alert: Alert, isSample: Bool, context: MessageContext) {
            self.alert = alert
            labels = AlertLabels(alert)
            annotations = AlertAnnotations(alert, isSample: isSample, context: context).pairs
            page = context.page(of: alert)
        }

        func write(to writer: inout JSONWriter) {
            let span = AlertSpan(alert)
            writer.object { writer in
                writer.key("status")
                writer.value(alert.state == .resolved ? "resolved" : "firing")
                writer.member("labels", labels.pairs)
                writer.member("annotations", annotations)
                writer.key("startsAt")
                writer.value(GoText.time(span.start))
                writer.key("endsAt")
                // Go's time of no time.
                writer.value(span.end.map(GoText.time) ?? "0001-01-01T00:00:00Z")
                writer.key("generatorURL")
                writer.value(page?.text ?? "")
                writer.key("fingerprint")
                writer.value(labels.fingerprint)
            }
        }
    }
}

extension AlertLabels {
    /// Alertmanager's order of alerts without `job` and `instance`: fewer labels first, then by the
    /// first name that both have not with the same value (github.com/prometheus/common,
    /// model/labelset.go, `Before`).
    fileprivate func comesBefore(_ other: AlertLabels) -> Bool {
        if pairs.count != other.pairs.count { return pairs.count < other.pairs.count }
        for name in Set((pairs + other.pairs).map(\.name)).sorted() {
            let (own, others) = (self[name].utf8, other[name].utf8)
            if own.isEmpty != others.isEmpty { return own.isEmpty }
            if !own.elementsEqual(others) { return own.lexicographicallyPrecedes(others) }
        }
        return false
    }
}

extension JSONWriter {
    /// Writes pairs as an object.
    mutating func member(_ name: String, _ pairs: [(name: String, value: String)]) {
        key(name)
        object { writer in
            for (name, value) in pairs {
                writer.key(name)
                writer.value(value)
            }
        }
    }
}
