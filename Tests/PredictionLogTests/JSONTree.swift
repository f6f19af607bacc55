// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import PredictionLog

/// A JSON document as a value, for comparing parsers.
indirect enum JSONTree: Equatable {
    case object([String: JSONTree])
    case array([JSONTree])
    case string([UInt8])
    /// The value as `strtod` reads the spelling, where there is one.
    case number(Double)
    case boolean(Bool)
    case null

    /// Reads a whole document through the cursor.
    init(_ bytes: [UInt8]) throws(ScanFault) {
        self = try JSONCursor.read(bytes.span) { cursor throws(ScanFault) in
            let tree = try JSONTree(&cursor)
            try cursor.end()
            return tree
        }
    }

    private init(_ cursor: inout JSONCursor) throws(ScanFault) {
        switch try cursor.kind() {
        case .object:
            var members: [String: JSONTree] = [:]
            try cursor.beginObject()
            while let key = try cursor.nextKey() { members[key] = try JSONTree(&cursor) }
            self = .object(members)
        case .array:
            var elements: [JSONTree] = []
            try cursor.beginArray()
            while try cursor.nextElement() { elements.append(try JSONTree(&cursor)) }
            self = .array(elements)
        case .string: self = .string(Array(try cursor.string().utf8))
        case .number: self = .number(try cursor.spelledNumber().value)
        case .boolean: self = .boolean(try cursor.boolean())
        case .null:
            _ = try cursor.null()
            self = .null
        }
    }

    /// Takes over what Foundation made of a document.
    init(foundation value: Any) {
        switch value {
        case let members as [String: Any]:
            self = .object(members.mapValues(JSONTree.init(foundation:)))
        case let elements as [Any]: self = .array(elements.map(JSONTree.init(foundation:)))
        case let text as String: self = .string(Array(text.utf8))
        case let number as NSNumber:
            let isBoolean = unsafe String(cString: number.objCType) == "c"
            self = isBoolean ? .boolean(number.boolValue) : .number(number.doubleValue)
        default: self = .null
        }
    }

    /// What Foundation makes of a document; `nil` if it refuses it.
    static func foundation(_ bytes: [UInt8]) -> JSONTree? {
        let value = try? JSONSerialization.jsonObject(
            with: Data(bytes),
            options: .fragmentsAllowed
        )
        return value.map(JSONTree.init(foundation:))
    }

    /// Whether the document has a bare NaN or infinity, or a number beyond the range of a double.
    var hasNonFiniteNumber: Bool {
        switch self {
        case .object(let members): members.values.contains(where: \.hasNonFiniteNumber)
        case .array(let elements): elements.contains(where: \.hasNonFiniteNumber)
        case .number(let number): !number.isFinite
        case .string, .boolean, .null: false
        }
    }

    /// Whether two documents are the same, numbers to within Foundation's error.
    func isSame(as other: JSONTree) -> Bool {
        switch (self, other) {
        case (.object(let left), .object(let right)):
            left.count == right.count
                && left.allSatisfy { key, value in right[key].map(value.isSame) ?? false }
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.isSame(as: $1) }
        case (.number(let left), .number(let right)):
            abs(left - right) <= 1e-9 * max(left.magnitude, right.magnitude)
        default: self == other
        }
    }
}
