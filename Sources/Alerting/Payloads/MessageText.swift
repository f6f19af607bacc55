// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// One alert in words, the same for every receiver.
package struct AlertText: Sendable {
    /// A link and what it is called.
    package struct Link: Sendable {
        /// What it is called.
        package let name: String
        /// Where it leads.
        package let link: WebLink
    }

    /// No more annotations of a rule are told.
    package static let maximumAnnotations = 5

    /// What happens to what: `temp drifted`.
    package let headline: MessageLine
    /// How grave that is, and which rule says so: `critical, rule FeatureDrift`.
    package let origin: MessageLine
    /// The evidence, the times and the rule's annotations, each on a line.
    package let lines: [MessageLine]
    /// The lines without the rule's own annotations.
    private let evidence: [MessageLine]
    /// The distributions; nil where there are none.
    package let picture: SharePicture?
    /// The runbook and the page.
    package let links: [Link]

    /// Puts an alert into words.
    package init(_ alert: Alert, context: MessageContext) {
        headline = Self.headline(alert)
        origin = "\(alert.severity.rawValue), rule \(name: alert.key.rule)"
        picture = SharePicture(alert.evidence)
        let runbook = alert.runbook.flatMap(WebLink.init)
        links =
            (runbook.map { [Link(name: "Runbook", link: $0)] } ?? [])
            + (context.page(of: alert).map { [Link(name: "Kedge", link: $0)] } ?? [])
        var lines = [AlertWords.measure(alert), AlertWords.times(alert)]
        lines += Self.moved(alert.evidence).map { [$0] } ?? []
        lines += AlertWords.standing(alert).map { [$0] } ?? []
        evidence = lines
        if runbook == nil, let text = alert.runbook {
            lines.append("runbook: \(foreign: text)")
        }
        let annotations = alert.annotations.sorted { $0.key < $1.key }
        lines += annotations.prefix(Self.maximumAnnotations).map { name, value in
            "\(foreign: name, limit: 60): \(foreign: value)"
        }
        if annotations.count > Self.maximumAnnotations {
            let rest = annotations.count - Self.maximumAnnotations
            lines.append("and \(MessageNumber.count(UInt64(rest))) more annotations")
        }
        self.lines = lines
    }

    /// All of it without links, for receivers of plain text.
    package var plain: String {
        ([headline.plain + " (" + origin.plain + ")"] + lines.map(\.plain)
            + (picture?.lines ?? [])).joined(separator: "\n")
    }

    /// The evidence and the times alone, as plain text.
    var details: String { evidence.map(\.plain).joined(separator: "\n") }

    static func headline(_ alert: Alert) -> MessageLine {
        let happening = AlertWords.happening(alert)
        return alert.key.feature.map { "\(name: $0) \(happening)" } ?? "\(happening)"
    }

    private static func moved(_ evidence: Evidence) -> MessageLine? {
        guard !evidence.moved.isEmpty else { return nil }
        let parts: [MessageLine] = evidence.moved.prefix(ShareComparison.maximumParts).map { part in
            let (before, now) = (
                MessageNumber.percent(part.reference), MessageNumber.percent(part.window)
            )
            return "\(name: part.part) \(before) → \(now)"
        }
        return "moved most: \(parts.joined(separator: ", "))"
    }
}

/// The words about a notification as a whole.
package struct MessageText: Sendable {
    /// No more names of a kind are in a title.
    static let maximumNames = 3
    /// No more kinds of happenings are in a title.
    static let maximumHappenings = 3

    /// What is told, in one line: `[FIRING:2] delay 2: temp, prediction drifted`.
    package let title: MessageLine

    /// Puts a notification into words.
    package init(_ notification: Notification, context: MessageContext) {
        let firing = notification.firing.count
        let mark =
            firing == 0 ? "[RESOLVED] " : "[FIRING:\(MessageNumber.count(UInt64(firing)))] "
        let sample = notification.isSample ? "[SAMPLE] " : ""
        title = """
            \(sample)\(mark)\(Self.subject(notification.group, context)): \
            \(Self.happenings(firing > 0 ? notification.firing : notification.alerts))
            """
    }

    /// Whose alerts they are: the model and its version, or who speaks.
    static func subject(_ group: AlertGroup, _ context: MessageContext) -> MessageLine {
        guard let model = group.model else {
            return context.instance.map { "\(name: $0)" } ?? "Kedge"
        }
        return group.version.map { "\(name: model, limit: 60) \(name: $0, limit: 60)" }
            ?? "\(name: model, limit: 60)"
    }

    /// How many are not in a message of limited size; nil when all are.
    package static func leftOut(_ alerts: some Collection<Alert>) -> String? {
        guard !alerts.isEmpty else { return nil }
        let firing = alerts.count { $0.state == .firing }
        let counts = [(firing, "firing"), (alerts.count - firing, "resolved")]
            .filter { $0.0 > 0 }
            .map { "\(MessageNumber.count(UInt64($0.0))) \($0.1)" }
        return "and \(MessageNumber.count(UInt64(alerts.count))) more are left out: "
            + counts.joined(separator: ", ")
    }

    /// What happens, the same to several features told once.
    private static func happenings(_ alerts: [Alert]) -> MessageLine {
        var order: [String] = []
        var features: [String: [String]] = [:]
        var known: [String: Set<String>] = [:]
        for alert in alerts {
            let happening = AlertWords.happening(alert)
            if !order.contains(happening) { order.append(happening) }
            guard let feature = alert.key.feature else { continue }
            // Two rules may say the same of a feature.
            if known[happening, default: []].insert(feature).inserted {
                features[happening, default: []].append(feature)
            }
        }
        var told: [MessageLine] = order.prefix(maximumHappenings).map { happening in
            let names = features[happening] ?? []
            guard !names.isEmpty else { return "\(happening)" }
            var list: [MessageLine] = names.prefix(maximumNames).map { "\(name: $0, limit: 60)" }
            if names.count > maximumNames {
                let rest = MessageNumber.count(UInt64(names.count - maximumNames))
                list.append("\(rest) more")
            }
            return "\(list.joined(separator: ", ")) \(happening)"
        }
        if order.count > maximumHappenings { told.append("and more") }
        return told.joined(separator: "; ")
    }
}
