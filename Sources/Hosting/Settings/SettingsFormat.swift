// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What an environment variable or a flag may hold for a key.
enum SettingsShape: Sendable, Equatable {
    /// The text of the scalar.
    case scalar
    /// Scalars with commas between, or YAML in brackets.
    case list
    /// YAML.
    case structure
}

/// How the values of one type are written: what is expected, how it is read, how it is shown.
///
/// `decode` and `encode` are inverse: what `encode` writes, `decode` reads as an equal value.
package struct SettingsFormat<Value: Sendable>: Sendable {
    /// What is expected, for messages and the manual: "a duration from 1s to 1h".
    let expected: String
    let shape: SettingsShape
    /// The keys of the mappings within, for the manual.
    let parts: [SettingsKeyDescription]
    /// Reads a value; reports its faults and answers nil when it has any.
    let decode: @Sendable (SettingsNode, _ key: String, inout SettingsReading) -> Value?
    /// Shows a value; nil when it is not set.
    let encode: @Sendable (Value) -> SettingsNode?

    init(
        expected: String,
        shape: SettingsShape,
        parts: [SettingsKeyDescription] = [],
        decode: @escaping @Sendable (SettingsNode, String, inout SettingsReading) -> Value?,
        encode: @escaping @Sendable (Value) -> SettingsNode?
    ) {
        self.expected = expected
        self.shape = shape
        self.parts = parts
        self.decode = decode
        self.encode = encode
    }

    /// A value written as one text.
    ///
    /// `parse` answers nil when the text is not what is expected; `show` is its inverse.
    package static func scalar(
        _ expected: String,
        parse: @escaping @Sendable (String) -> Value?,
        show: @escaping @Sendable (Value) -> SettingsNode
    ) -> SettingsFormat {
        SettingsFormat(expected: expected, shape: .scalar) { node, key, reading in
            guard !node.isNull, case .scalar(let text, _) = node.content, let value = parse(text)
            else {
                reading.reject(node, key: key, expected: expected)
                return nil
            }
            return value
        } encode: { value in
            show(value)
        }
    }

    /// A value written as one text that may be a secret: a fault does not repeat it.
    ///
    /// `parse` answers nil when the text is not what is expected; what `show` makes need not read
    /// back.
    package static func secret(
        _ expected: String,
        parse: @escaping @Sendable (String) -> Value?,
        show: @escaping @Sendable (Value) -> SettingsNode
    ) -> SettingsFormat {
        SettingsFormat(expected: expected, shape: .scalar) { node, key, reading in
            guard !node.isNull, case .scalar(let text, _) = node.content, let value = parse(text)
            else {
                let problem = SettingsFault.Problem.unexpected(
                    found: "something else",
                    expected: expected
                )
                reading.report(problem, key: key, at: node.place)
                return nil
            }
            return value
        } encode: { value in
            show(value)
        }
    }

    /// The format of a value that may be absent; shown only when it is there.
    package var optional: SettingsFormat<Value?> {
        SettingsFormat<Value?>(expected: expected, shape: shape, parts: parts) {
            [decode] node, key, reading in
            decode(node, key, &reading).map(Optional.some)
        } encode: { [encode] value in
            value.flatMap(encode)
        }
    }
}

extension SettingsFormat {
    /// A list of values.
    ///
    /// `counts` says how many there may be; `identity` is the key within an element, and its value,
    /// that no two elements may share.
    package static func list<Element>(
        of element: SettingsFormat<Element>,
        counts: ClosedRange<Int>,
        unique identity: (key: String, value: @Sendable (Element) -> String)? = nil
    ) -> SettingsFormat where Value == [Element] {
        let most = counts.upperBound
        let expected = "a list of \(counts.lowerBound) to \(most), each \(element.expected)"
        let shape: SettingsShape = element.shape == .scalar ? .list : .structure
        return SettingsFormat(expected: expected, shape: shape, parts: element.parts) {
            node,
            key,
            reading in
            guard case .sequence(let nodes) = node.content, counts.contains(nodes.count) else {
                reading.reject(node, key: key, expected: expected)
                return nil
            }
            var values: [Element] = []
            var first: [String: SettingsPlace] = [:]
            for (index, node) in nodes.enumerated() {
                let path = "\(key)[\(index)]"
                guard let value = element.decode(node, path, &reading) else { continue }
                values.append(value)
                guard let identity else { continue }
                let name = identity.value(value)
                if let place = first[name] {
                    let path = identity.key.isEmpty ? path : "\(path).\(identity.key)"
                    reading.report(.duplicate(first: place), key: path, at: node.place)
                } else {
                    first[name] = node.place
                }
            }
            return values.count == nodes.count ? values : nil
        } encode: { values in
            .list(values.compactMap(element.encode))
        }
    }

    /// A mapping whose keys are the user's own names.
    ///
    /// Shown in the order of the names' UTF-8 bytes; nil when empty.
    package static func dictionary<Element>(
        from name: String,
        to element: SettingsFormat<Element>
    ) -> SettingsFormat where Value == [String: Element] {
        let expected = "a mapping from \(name) to \(element.expected)"
        return SettingsFormat(expected: expected, shape: .structure, parts: element.parts) {
            node,
            key,
            reading in
            guard case .mapping(let entries) = node.content else {
                reading.reject(node, key: key, expected: expected)
                return nil
            }
            var values: [String: Element] = [:]
            for entry in entries {
                values[entry.key] = element.decode(entry.value, "\(key).\(entry.key)", &reading)
            }
            return values
        } encode: { values in
            guard !values.isEmpty else { return nil }
            let names = values.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            return .members(
                names.compactMap { name in
                    values[name].flatMap(element.encode).map { (name, $0) }
                }
            )
        }
    }

    /// A mapping with keys of its own.
    ///
    /// The keys are those of a draft, which holds what was written. `finish` makes the value of a
    /// draft without faults, or reports why there is none; `open` is the draft that shows a value.
    package static func mapping<Draft>(
        _ expected: String,
        _ table: SettingsTable<Draft>,
        draft: Draft,
        finish: @escaping @Sendable (Draft, SettingsNode, String, inout SettingsReading) -> Value?,
        open: @escaping @Sendable (Value) -> Draft
    ) -> SettingsFormat {
        SettingsFormat(expected: expected, shape: .structure, parts: table.descriptions) {
            node,
            key,
            reading in
            guard case .mapping = node.content else {
                reading.reject(node, key: key, expected: expected)
                return nil
            }
            var draft = draft
            guard table.read(node, into: &draft, path: key, &reading) else { return nil }
            return finish(draft, node, key, &reading)
        } encode: { value in
            table.show(open(value))
        }
    }

    /// A mapping with keys of its own that can be used as it is read.
    package static func mapping(
        _ expected: String,
        _ table: SettingsTable<Value>,
        empty: Value
    ) -> SettingsFormat {
        mapping(expected, table, draft: empty, finish: { draft, _, _, _ in draft }, open: { $0 })
    }
}
