// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Writes settings as YAML that reads back to the same: nested mappings in block style, what stands
/// in lists and below single names in flow style.
enum YAMLWriter {
    /// A scalar, list or mapping on one line.
    static func flow(_ node: SettingsNode) -> String {
        switch node.content {
        case .scalar(let text, isPlain: true): text
        case .scalar(let text, isPlain: false): quotedIfNeeded(text)
        case .sequence(let nodes):
            "[" + nodes.map(flow).joined(separator: ", ") + "]"
        case .mapping(let entries):
            "{"
                + entries.map { "\(quotedIfNeeded($0.key)): \(flow($0.value))" }
                .joined(separator: ", ") + "}"
        }
    }

    /// The value of a key with what follows its colon: on the same line, or indented below.
    ///
    /// `indent` is the number of spaces before the key.
    static func value(_ node: SettingsNode, indent: Int) -> String {
        let margin = String(repeating: " ", count: indent + 2)
        switch node.content {
        case .sequence(let nodes) where nodes.contains(where: \.isMapping):
            return nodes.map { "\n\(margin)- \(flow($0))" }.joined()
        case .mapping(let entries) where !entries.isEmpty:
            return entries.map { entry in
                let key = quotedIfNeeded(entry.key)
                let isFlow = entry.value.isMapping && indent > 0
                let text = isFlow ? " " + flow(entry.value) : value(entry.value, indent: indent + 2)
                return "\n\(margin)\(key):\(text)"
            }.joined()
        default:
            return " " + flow(node)
        }
    }

    /// A whole document: the members of a mapping, one a line or more.
    static func document(_ node: SettingsNode) -> String {
        guard case .mapping(let entries) = node.content else { return flow(node) + "\n" }
        if entries.isEmpty { return "{}\n" }
        return entries.map { "\(quotedIfNeeded($0.key)):\(value($0.value, indent: 0))\n" }.joined()
    }

    /// A text, in double quotes when plain it could be something else than this text.
    static func quotedIfNeeded(_ text: String) -> String {
        isPlain(text) ? text : quoted(text)
    }

    /// Whether every reader of YAML takes the text for this text: ASCII letters, digits and `_./-`,
    /// inner `:`, and neither a number, a time nor a word with a meaning.
    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last else {
            return false
        }
        let words: Set = [
            "y", "n", "yes", "no", "on", "off", "true", "false", "null", ".inf", ".nan",
        ]
        let isLetter = { (scalar: Unicode.Scalar) in
            ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
        }
        let isDigit = { (scalar: Unicode.Scalar) in ("0"..."9").contains(scalar) }
        guard isLetter(first) || isDigit(first) || "_./".unicodeScalars.contains(first),
            isLetter(last) || isDigit(last) || "_./-".unicodeScalars.contains(last),
            text.unicodeScalars.allSatisfy({
                isLetter($0) || isDigit($0) || "_./-:".unicodeScalars.contains($0)
            })
        else { return false }
        let isNumberLike = text.unicodeScalars.allSatisfy {
            isDigit($0) || "abcdefABCDEFxoXO_.:-".unicodeScalars.contains($0)
        }
        // An address has two dots or more before its colon, which no number or time has.
        let isAddress = text.split(separator: ":").first?.split(separator: ".").count == 4
        return !words.contains(text.lowercased()) && (!isNumberLike || isAddress || !hasDigit(text))
    }

    private static func hasDigit(_ text: String) -> Bool {
        text.unicodeScalars.contains { ("0"..."9").contains($0) }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where needsEscape(scalar):
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// Controls, line separators, and what YAML does not let stand as it is.
    private static func needsEscape(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF: true
        default: false
        }
    }
}

extension SettingsNode {
    /// Whether it is a mapping.
    var isMapping: Bool {
        if case .mapping = content { true } else { false }
    }
}
