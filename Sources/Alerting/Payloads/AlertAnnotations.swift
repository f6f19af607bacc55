// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The annotations of an alert as Alertmanager has them.
package struct AlertAnnotations {
    /// Names and values by name; what the rule itself says comes before ours.
    package let pairs: [(name: String, value: String)]

    /// Puts an alert's annotations together.
    ///
    /// Alertmanager refuses names that are no names of labels: what is no letter or digit of ASCII
    /// becomes `_`. Of two that become the same the first stays.
    package init(_ alert: Alert, isSample: Bool = false, context: MessageContext) {
        var values: [String: String] = [:]
        let own = alert.annotations.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        for (name, value) in own.filter({ Self.labelName($0.key) == $0.key }) + own {
            values[Self.labelName(name)] = values[Self.labelName(name)] ?? value
        }
        let text = AlertText(alert, context: context)
        let subject = MessageText.subject(alert.key.group, context)
        let summary: MessageLine = "\(isSample ? "[SAMPLE] " : "")\(subject): \(text.headline)"
        values["summary"] = values["summary"] ?? summary.plain
        values["description"] = values["description"] ?? text.details
        values["runbook_url"] = values["runbook_url"] ?? alert.runbook
        pairs = values.map { ($0.key, $0.value) }
            .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    private static func labelName(_ name: String) -> String {
        var label = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "_": label.unicodeScalars.append(scalar)
            case "0"..."9":
                if label.isEmpty { label += "_" }
                label.unicodeScalars.append(scalar)
            default: label += "_"
            }
        }
        return label.isEmpty ? "_" : label
    }
}
