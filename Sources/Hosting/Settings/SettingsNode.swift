// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// A piece of settings as written: in the file, an environment variable or a flag.
///
/// A scalar is kept as its text; what it means is the business of the key's `SettingsFormat`.
package struct SettingsNode: Sendable, Equatable {
    /// What is written.
    package indirect enum Content: Sendable, Equatable {
        /// A text; plain (unquoted) text may mean "nothing", see `isNull`.
        case scalar(String, isPlain: Bool)
        /// A list.
        case sequence([SettingsNode])
        /// Keys with values, in the order written.
        case mapping([Entry])
    }

    /// One member of a mapping.
    package struct Entry: Sendable, Equatable {
        /// The key, unquoted.
        package let key: String
        /// Where the key itself stands.
        package let place: SettingsPlace
        /// What is written behind the key.
        package let value: SettingsNode
    }

    /// What is written.
    package let content: Content
    /// Where it is written.
    package let place: SettingsPlace

    /// Places a content.
    package init(_ content: Content, at place: SettingsPlace) {
        self.content = content
        self.place = place
    }

    /// Whether nothing is written, as in `state:`; such a key keeps its default.
    package var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// What is written, in a few words for a message.
    package var summary: String {
        switch content {
        case .scalar where isNull: "nothing"
        case .scalar(let text, _) where text.count > 60: "\"\(text.prefix(60))…\""
        case .scalar(let text, _): "\"\(text)\""
        case .sequence(let nodes): nodes.isEmpty ? "an empty list" : "a list of \(nodes.count)"
        case .mapping: "a mapping"
        }
    }
}

extension SettingsNode {
    /// A word that every YAML reader takes for what it is: a number, a duration, a choice.
    package static func word(_ text: String) -> SettingsNode {
        SettingsNode(.scalar(text, isPlain: true), at: .builtIn)
    }

    /// A text, which YAML needs quoted when it looks like something else.
    package static func text(_ text: String) -> SettingsNode {
        SettingsNode(.scalar(text, isPlain: false), at: .builtIn)
    }

    /// A list.
    package static func list(_ nodes: [SettingsNode]) -> SettingsNode {
        SettingsNode(.sequence(nodes), at: .builtIn)
    }

    /// A mapping, in the order given.
    package static func members(_ members: [(key: String, value: SettingsNode)]) -> SettingsNode {
        let entries = members.map { Entry(key: $0.key, place: .builtIn, value: $0.value) }
        return SettingsNode(.mapping(entries), at: .builtIn)
    }
}

/// Where a setting was said.
package enum SettingsPlace: Sendable, Hashable, CustomStringConvertible {
    /// Nowhere: it is the default.
    case builtIn
    /// In a file; line and column count from 1, the column in Unicode scalars.
    case file(String, line: Int, column: Int)
    /// In an environment variable.
    case variable(String)
    /// In a flag, named with its dashes.
    case flag(String)

    /// `file:line:column`, or the name of the variable or flag.
    package var description: String {
        switch self {
        case .builtIn: "default"
        case .file(let name, let line, let column): "\(name):\(line):\(column)"
        case .variable(let name), .flag(let name): name
        }
    }
}
