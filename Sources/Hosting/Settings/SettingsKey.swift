// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// One key: where it is written, where its value lives, and what it means.
///
/// From this one line of the table come the reading of files, environment variables and flags, what
/// `config show` prints, and the manual.
package struct SettingsKey<Root: Sendable>: Sendable {
    /// What the key is called and means.
    package let description: SettingsKeyDescription
    /// Reads a node into the root; false when there was a fault.
    let read: @Sendable (SettingsNode, String, inout Root, inout SettingsReading) -> Bool
    /// Shows the root's value; nil when it is not set.
    let show: @Sendable (Root) -> SettingsNode?

    /// Describes a key.
    ///
    /// - Parameters:
    ///   - path: The name in the file; dots separate nested mappings.
    ///   - value: Where the value lives. The default is what a fresh root holds there.
    ///   - format: How the value is written, with its range.
    ///   - meaning: One line for the manual, with the unit.
    ///   - example: A value for the manual when the default shows none.
    ///   - flag: A shorter flag beside the one that the path gives.
    ///   - isRequired: Whether the mapping is faulty without the key.
    package init<Value>(
        _ path: String,
        _ value: any WritableKeyPath<Root, Value> & Sendable,
        _ format: SettingsFormat<Value>,
        _ meaning: String,
        example: String? = nil,
        flag: String? = nil,
        isRequired: Bool = false
    ) {
        description = SettingsKeyDescription(
            path: path,
            steps: path.split(separator: "."),
            expected: format.expected,
            meaning: meaning,
            example: example,
            shortFlag: flag,
            isRequired: isRequired,
            shape: format.shape,
            parts: format.parts
        )
        read = { node, key, root, reading in
            guard let decoded = format.decode(node, key, &reading) else { return false }
            root[keyPath: value] = decoded
            return true
        }
        show = { root in format.encode(root[keyPath: value]) }
    }

    /// Describes a key whose value may be absent; it is nil then, and not shown.
    package init<Value>(
        _ path: String,
        _ value: any WritableKeyPath<Root, Value?> & Sendable,
        _ format: SettingsFormat<Value>,
        _ meaning: String,
        example: String? = nil,
        flag: String? = nil
    ) {
        self.init(path, value, format.optional, meaning, example: example, flag: flag)
    }
}

/// What a key is called and what it means; the part of a key that has no types.
package struct SettingsKeyDescription: Sendable, Equatable {
    /// The name in the file; dots separate nested mappings.
    package let path: String
    /// The names of the nested mappings, the key's own last.
    let steps: [Substring]
    /// What a value must be, with its range.
    package let expected: String
    /// What the key is for, with the unit.
    package let meaning: String
    /// A value for the manual when the default shows none.
    package let example: String?
    /// A shorter flag beside the one that the path gives, without dashes.
    package let shortFlag: String?
    /// Whether the mapping is faulty without the key.
    package let isRequired: Bool
    /// What a variable or a flag may hold.
    let shape: SettingsShape
    /// The keys of the mappings within the value.
    package let parts: [SettingsKeyDescription]

    /// The environment variable: `KEDGE_` and the path in capitals, `_` for a dot.
    package var variable: String {
        SettingsKeyDescription.variablePrefix + path.uppercased().map { $0 == "." ? "_" : $0 }
    }

    /// The flags: the path with `-` for dots and `_`, and the shorter one if there is one.
    package var flags: [String] {
        let long = "--" + path.map { $0 == "." || $0 == "_" ? "-" : $0 }
        return [long] + (shortFlag.map { ["--" + $0] } ?? [])
    }

    /// What the names of all variables begin with.
    package static let variablePrefix = "KEDGE_"
}
