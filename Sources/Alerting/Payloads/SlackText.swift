// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Texts in which nothing acts that somebody else chose.
enum SlackText {
    /// A line with its names as code.
    static func mrkdwn(_ line: MessageLine) -> String {
        line.parts.map { part in
            switch part {
            case .words(let text): escaped(text)
            case .name(let name): "`\(replaced(name) { $0 == "`" ? "ˋ" : entity($0) })`"
            }
        }.joined()
    }

    /// Words with Slack's three entities, in which no sign formats.
    static func escaped(_ words: String) -> String { replaced(unformatted(words), entity) }

    /// A line of mrkdwn without code, no longer than a limit.
    static func fallback(_ line: MessageLine, limit: Int) -> String {
        var text = ""
        for character in unformatted(line.plain) {
            let next = replaced(String(character), entity)
            guard text.utf8.count + next.utf8.count <= limit - 3 else { return text + "…" }
            text += next
        }
        return text
    }

    /// A line of plain text, in which `<` and `>` are look-alikes.
    static func unmarked(_ line: MessageLine, limit: Int) -> String {
        let text = replaced(line.plain) { scalar in
            switch scalar {
            case "<": "‹"
            case ">": "›"
            default: nil
            }
        }
        return MessageName.clean(text, limit: limit)
    }

    /// A link with a name of ours.
    static func link(_ name: String, _ link: WebLink) -> String {
        "<\(replaced(link.text, entity))|\(name)>"
    }

    /// Words in which the signs that format are look-alikes; `_` stays within a word, where it does
    /// not format.
    private static func unformatted(_ words: String) -> String {
        let scalars = Array(words.unicodeScalars)
        var text = ""
        for (index, scalar) in scalars.enumerated() {
            switch scalar {
            case "*": text += "∗"
            case "~": text += "∼"
            case "`": text += "ˋ"
            case "_":
                let isWithin =
                    index > 0 && index + 1 < scalars.count && isOfWord(scalars[index - 1])
                    && isOfWord(scalars[index + 1])
                text += isWithin ? "_" : "ˍ"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    private static func isOfWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
    }

    private static func entity(_ scalar: Unicode.Scalar) -> String? {
        switch scalar {
        case "&": "&amp;"
        case "<": "&lt;"
        case ">": "&gt;"
        default: nil
        }
    }

    private static func replaced(
        _ text: String,
        _ replacement: (Unicode.Scalar) -> String?
    ) -> String {
        var replaced = ""
        for scalar in text.unicodeScalars {
            if let other = replacement(scalar) {
                replaced += other
            } else {
                replaced.unicodeScalars.append(scalar)
            }
        }
        return replaced
    }
}
