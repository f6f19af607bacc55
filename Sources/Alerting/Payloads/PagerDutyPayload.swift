// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// The body of an event to PagerDuty (Events API v2): one incident a group.
package enum PagerDutyPayload {
    /// PagerDuty refuses events of 512,000 bytes; this leaves room for what is not counted here.
    package static let maximumBytes = 500_000
    /// No more alerts are told one by one.
    package static let maximumAlerts = 100

    static let maximumSummaryBytes = 1_024

    /// The body of a notification.
    ///
    /// The incident is triggered while anything fires and resolved when nothing does; a sample
    /// triggers an incident of its own, which somebody has to close.
    ///
    /// - Parameters:
    ///   - notification: What is told.
    ///   - context: Who speaks.
    ///   - routingKey: The integration's key, a secret.
    /// - Returns: Less than `maximumBytes`.
    package static func body(
        of notification: Notification,
        context: MessageContext,
        routingKey: String
    ) -> [UInt8] {
        let isOver = notification.firing.isEmpty && !notification.isSample
        let page = context.page(of: notification.group)
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("routing_key")
            writer.value(routingKey)
            writer.key("event_action")
            writer.value(isOver ? "resolve" : "trigger")
            writer.key("dedup_key")
            writer.value(incident(notification, context: context))
            writer.key("client")
            writer.value("Kedge")
            if let page {
                writer.key("client_url")
                writer.value(page.text)
            }
            writer.key("payload")
            write(notification, context, to: &writer)
            writer.key("links")
            write(links(notification, context), to: &writer)
        }
        return writer.bytes
    }

    /// What names the incident: the same for a receiver's group over restarts and replicas; what is
    /// no model's is the instance's.
    package static func incident(
        _ notification: Notification,
        context: MessageContext
    ) -> String {
        let group = notification.group
        let instance = group.model == nil ? context.instance : nil
        var hash = FNV1a()
        for part in [notification.receiver, group.model, group.version, instance] {
            // An absent name is no empty one.
            hash.add(part == nil ? "" : "=")
            hash.add(part ?? "")
        }
        return (notification.isSample ? "kedge-sample-" : "kedge-") + hash.digits
    }

    private static func write(
        _ notification: Notification,
        _ context: MessageContext,
        to writer: inout JSONWriter
    ) {
        let title = MessageText(notification, context: context).title.plain
        let told = notification.firing.isEmpty ? notification.alerts : notification.firing
        let subject = MessageText.subject(notification.group, context).plain
        let fields: [(String, String?)] = [
            ("summary", MessageName.clean(title, limit: maximumSummaryBytes)),
            ("source", MessageName.clean(context.instance ?? "", limit: 1_000)),
            ("severity", (told.map(\.severity).max() ?? .info).rawValue),
            ("timestamp", RFC3339.format(notification.time)),
            ("component", notification.group.model.map { MessageName.clean($0, limit: 1_000) }),
            ("group", subject),
            ("class", told.first.map { MessageName.clean($0.key.rule, limit: 1_000) }),
        ]
        writer.object { writer in
            for (name, value) in fields {
                guard let value else { continue }
                writer.key(name)
                // A source must be named.
                writer.value(value.isEmpty ? "kedge" : value)
            }
            writer.key("custom_details")
            writeDetails(notification, context, to: &writer)
        }
    }

    /// The alerts one by one, as many as there is room for.
    private static func writeDetails(
        _ notification: Notification,
        _ context: MessageContext,
        to writer: inout JSONWriter
    ) {
        // Everything else takes less: keys, names and links of a few KiB each.
        var room = maximumBytes - 60_000
        var told: [[UInt8]] = []
        for alert in notification.alerts.prefix(maximumAlerts) {
            var text = JSONWriter()
            text.value(AlertText(alert, context: context).plain)
            guard text.bytes.count < room else { break }
            room -= text.bytes.count + 1
            told.append(text.bytes)
        }
        writer.object { writer in
            for state in [Alert.State.firing, .resolved] {
                writer.key("\(state.rawValue)")
                writer.array { writer in
                    for (alert, text) in zip(notification.alerts, told) where alert.state == state {
                        writer.value(json: text)
                    }
                }
                writer.key("num_\(state.rawValue)")
                writer.value(notification.alerts.count { $0.state == state })
            }
            if let rest = MessageText.leftOut(notification.alerts.dropFirst(told.count)) {
                writer.key("left_out")
                writer.value(rest)
            }
            writer.key("producer")
            writer.value(MessageName.clean(context.producer, limit: 100))
        }
    }

    /// The page and up to five runbooks.
    private static func links(
        _ notification: Notification,
        _ context: MessageContext
    ) -> [AlertText.Link] {
        var links =
            context.page(of: notification.group)
            .map { [AlertText.Link(name: "Kedge", link: $0)] } ?? []
        var known: Set<WebLink> = []
        for alert in notification.alerts {
            guard known.count < 5 else { break }
            guard let link = alert.runbook.flatMap(WebLink.init), known.insert(link).inserted else {
                continue
            }
            let rule = MessageName.clean(alert.key.rule, limit: 60)
            links.append(AlertText.Link(name: "Runbook of \(rule)", link: link))
        }
        return links
    }

    private static func write(_ links: [AlertText.Link], to writer: inout JSONWriter) {
        writer.array { writer in
            for link in links {
                writer.object { writer in
                    writer.key("href")
                    writer.value(link.link.text)
                    writer.key("text")
                    writer.value(link.name)
                }
            }
        }
    }
}
