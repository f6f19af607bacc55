// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// A JSON document as literals write it, members in their order: for documents that are mostly
/// fixed.
indirect enum JSONNode: Sendable {
    case null
    case boolean(Bool)
    case number(Double)
    case string(String)
    case array([JSONNode])
    case object([(String, JSONNode)])

    /// Writes the document.
    func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .boolean(let value): writer.value(value)
        case .number(let value): writer.value(value)
        case .string(let value): writer.value(value)
        case .array(let elements):
            writer.array { writer in
                for element in elements { element.write(to: &writer) }
            }
        case .object(let members):
            writer.object { writer in
                for (key, value) in members {
                    writer.key(key)
                    value.write(to: &writer)
                }
            }
        }
    }

    /// An object with further members; anything else stays as it is.
    func with(_ members: KeyValuePairs<String, JSONNode>) -> JSONNode {
        guard case .object(let own) = self else { return self }
        return .object(own + members.map { ($0.key, $0.value) })
    }

    /// An array of strings.
    static func strings(_ texts: some Sequence<String>) -> JSONNode {
        .array(texts.map(JSONNode.string))
    }
}

extension JSONNode: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    init(stringLiteral value: String) { self = .string(value) }
}

extension JSONNode: ExpressibleByBooleanLiteral {
    init(booleanLiteral value: Bool) { self = .boolean(value) }
}

extension JSONNode: ExpressibleByIntegerLiteral {
    init(integerLiteral value: Int) { self = .number(Double(value)) }
}

extension JSONNode: ExpressibleByNilLiteral {
    init(nilLiteral: ()) { self = .null }
}

extension JSONNode: ExpressibleByArrayLiteral {
    init(arrayLiteral elements: JSONNode...) { self = .array(elements) }
}

extension JSONNode: ExpressibleByDictionaryLiteral {
    init(dictionaryLiteral elements: (String, JSONNode)...) { self = .object(elements) }
}
