// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What the table of keys says to people: a commented file, a page of the manual, help on flags.
package enum SettingsManual<Settings: ProgramSettings> {
    /// A settings file with every key, its meaning, its default and what it takes; the defaults are
    /// the values, and a key that is not set by default stands as a comment.
    package static var yaml: String {
        let defaults = Settings()
        var text = preface.map { $0.isEmpty ? "#\n" : "# \($0)\n" }.joined()
        var group: [Substring] = []
        for key in Settings.table.keys {
            let steps = key.description.steps
            text += "\n"
            if steps.dropLast() != group[...] {
                group = steps.dropLast()
                if let name = group.last { text += "\(margin(group.count - 1))\(name):\n" }
            }
            let value = key.show(defaults)
            let note = note(key.description, default: value)
            for line in note { text += "\(margin(group.count))# \(line)\n" }
            text += entry(key.description, value: value, indent: 2 * group.count)
        }
        return text
    }

    /// The keys as a table in Markdown.
    package static var markdown: String {
        let defaults = Settings()
        var text = "| Key | Takes | Default | Meaning |\n|---|---|---|---|\n"
        for key in Settings.table.keys {
            let value = key.show(defaults).map { "`\(YAMLWriter.flow($0))`" } ?? "none"
            let description = key.description
            text += "| `\(description.path)` | \(description.expected) | \(value) |"
            text += " \(description.meaning) |\n"
            for part in description.parts {
                text += "| `\(description.path)[].\(part.path)` | \(part.expected) | |"
                text += " \(part.meaning) |\n"
            }
        }
        return text
    }

    /// One line a key for `--help`: the flags and the meaning.
    package static var flagHelp: String {
        let keys = Settings.table.descriptions
        let names = keys.map { $0.flags.reversed().joined(separator: ", ") }
        let width = names.map(\.count).max() ?? 0
        let lines = zip(names, keys).map { name, key in
            "  \(padded(name, to: width))  \(key.meaning)\n"
        }
        return lines.joined()
    }

    /// The comment at the top of the file, in lines.
    private static var preface: [String] {
        let flag = Settings.configFlag.map { " \($0)" } ?? ""
        // A key within a mapping, and of two words if there is one, shows the rules of the names.
        let nested = Settings.table.descriptions.filter { $0.steps.count > 1 }
        let example = nested.last { $0.path.contains("_") } ?? nested.last
        let names = example.map { key in
            " Their names follow from the key: \(key.path) is \(key.variable) and \(key.flags[0])."
        }
        return wrapped("The settings of \(Settings.program): every key, with its default.")
            + wrapped(
                "`kedge config check\(flag)` finds what is wrong with a file, "
                    + "`kedge config show\(flag)` prints what is in force."
            ) + [""]
            + wrapped(
                "An environment variable wins over this file, a flag over both.\(names ?? "")"
            )
            + wrapped("Durations are written 500ms, 15s, 1m, 1h30m, 24h or 56d.")
    }

    /// The comment above a key, in lines.
    private static func note(
        _ key: SettingsKeyDescription,
        default value: SettingsNode?
    ) -> [String] {
        var lines = wrapped(key.meaning)
        let shown = value.map(YAMLWriter.flow) ?? "none"
        lines += wrapped("Takes \(key.expected). Default: \(shown)")
        for part in key.parts {
            lines += wrapped("  \(part.path): \(part.meaning) Takes \(part.expected).")
        }
        return lines
    }

    private static func entry(
        _ key: SettingsKeyDescription,
        value: SettingsNode?,
        indent: Int
    ) -> String {
        let margin = String(repeating: " ", count: indent)
        guard let name = key.steps.last else { return "" }
        guard let value else {
            return "\(margin)# \(name):\(key.example.map { " \($0)" } ?? "")\n"
        }
        return "\(margin)\(name):\(YAMLWriter.value(value, indent: indent))\n"
    }

    private static func margin(_ depth: Int) -> String {
        String(repeating: "  ", count: depth)
    }

    /// Breaks a text between words into lines of at most 92 characters; further lines keep the
    /// spaces that the first begins with.
    private static func wrapped(_ text: String) -> [String] {
        let margin = text.prefix { $0 == " " }
        var lines: [String] = []
        var line = String(margin)
        for word in text.split(separator: " ") {
            if line.count + word.count >= 92 {
                lines.append(line)
                line = String(margin)
            }
            line += line.count == margin.count ? String(word) : " \(word)"
        }
        return lines + [line]
    }

    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
