// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// The body of a message to a Slack incoming webhook: Block Kit, and `text` for notifications.
///
/// Slack does not say how it counts characters. Here bytes of UTF-8 are counted, after escaping, of
/// which there are never fewer than of anything else.
package enum SlackPayload {
    /// The most bytes of all blocks together, as JSON: Slack refuses somewhere above 11,000.
    package static let maximumBlockBytes = 10_000
    /// No more alerts are told one by one.
    package static let maximumAlerts = 10

    static let maximumHeaderBytes = 150
    static let maximumSectionBytes = 3_000
    static let maximumTextBytes = 4_000

    /// The body of a notification.
    package static func body(of notification: Notification, context: MessageContext) -> [UInt8] {
        let title = MessageText(notification, context: context).title
        let frame = [header(title), footer(notification, context)]
        // One block more says how many are left out.
        let reserve = 500
        var room = maximumBlockBytes - frame.reduce(0) { $0 + $1.count } - reserve
        var sections: [[UInt8]] = []
        for alert in notification.alerts.prefix(maximumAlerts) {
            let section = section(AlertText(alert, context: context), alert)
            guard section.count <= room else { break }
            room -= section.count
            sections.append(section)
        }
        if let rest = MessageText.leftOut(notification.alerts.dropFirst(sections.count)) {
            sections.append(contextBlock([SlackText.escaped(rest)]))
        }
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("text")
            writer.value(SlackText.fallback(title, limit: maximumTextBytes))
            writer.key("blocks")
            writer.array { writer in
                for block in [frame[0]] + sections + [frame[1]] { writer.value(json: block) }
            }
            writer.key("unfurl_links")
            writer.value(false)
            writer.key("unfurl_media")
            writer.value(false)
        }
        return writer.bytes
    }

    private static func header(_ title: MessageLine) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("type")
            writer.value("header")
            writer.key("text")
            writer.object { writer in
                writer.key("type")
                writer.value("plain_text")
                writer.key("text")
                writer.value(SlackText.unmarked(title, limit: maximumHeaderBytes))
                writer.key("emoji")
                writer.value(false)
            }
        }
        return writer.bytes
    }

    private static func section(_ text: AlertText, _ alert: Alert) -> [UInt8] {
        var lines = [
            "\(sign(alert)) \(SlackText.mrkdwn(text.headline)) (\(SlackText.mrkdwn(text.origin)))"
        ]
        lines += text.lines.map(SlackText.mrkdwn)
        if let picture = text.picture {
            lines.append("```\(picture.lines.joined(separator: "\n"))```")
        }
        let links = text.links.map { SlackText.link($0.name, $0.link) }
        if !links.isEmpty { lines.append(links.joined(separator: " · ")) }
        // Whole lines only, so that no escape and no code is cut.
        var whole = ""
        for line in lines where whole.utf8.count + line.utf8.count < maximumSectionBytes {
            whole += (whole.isEmpty ? "" : "\n") + line
        }
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("type")
            writer.value("section")
            writer.key("text")
            write(mrkdwn: whole, to: &writer)
        }
        return writer.bytes
    }

    private static func footer(_ notification: Notification, _ context: MessageContext) -> [UInt8] {
        var elements: [MessageLine] = ["\(foreign: context.producer, limit: 60)"]
        if let instance = context.instance { elements.append("on \(name: instance)") }
        elements.append("\(AlertWords.time(notification.time))")
        if notification.isSample {
            elements.append("This is a sample that somebody asked for; nothing has happened.")
        }
        var texts = elements.map(SlackText.mrkdwn)
        if let page = context.page(of: notification.group) {
            texts.append(SlackText.link("Open Kedge", page))
        }
        return contextBlock(texts)
    }

    private static func contextBlock(_ texts: [String]) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("type")
            writer.value("context")
            writer.key("elements")
            writer.array { writer in
                for text in texts { write(mrkdwn: text, to: &writer) }
            }
        }
        return writer.bytes
    }

    /// A text in which Slack makes no links and mentions of its own.
    private static func write(mrkdwn text: String, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.key("type")
            writer.value("mrkdwn")
            writer.key("text")
            writer.value(text)
            writer.key("verbatim")
            writer.value(true)
        }
    }

    private static func sign(_ alert: Alert) -> String {
        if alert.state == .resolved { return "🟢" }
        return switch alert.severity {
        case .info: "🔵"
        case .warning: "🟠"
        case .critical: "🔴"
        }
    }
}
