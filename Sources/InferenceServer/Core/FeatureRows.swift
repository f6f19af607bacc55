// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Inference
package import PredictionLog

/// Writes rows of feature values into the inputs of a model, one after the other.
///
/// The rules are those of a request: `null` is missing, but not for an integer; a boolean is 0 or 1
/// (as a category too), a number names a category by its canonical text; ranges and categories hold; every feature is
/// there, names that the model does not know are skipped, and of a key given twice the last counts.
/// Requests have a faster way of their own; this one reads golden rows and tables.
package struct FeatureRows: Sendable {
    private let features: [ServedFeature]
    private let inputs: [ModelInput]
    private let indices: [String: Int]

    /// Prepares for the features of a model; each names an input and a column that there is.
    package init(features: [ServedFeature], inputs: [ModelInput]) {
        self.features = features
        self.inputs = inputs
        indices = Dictionary(
            features.enumerated().map { ($1.name, $0) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// Adds the features that come next, an object or an array.
    ///
    /// - Parameters:
    ///   - cursor: Before the value; left behind it.
    ///   - workspace: Of the model; its inputs become one row longer, also after an error.
    /// - Throws: `FeatureRowError`, the first fault.
    /// - Complexity: O(bytes + features).
    package func append(
        _ cursor: inout JSONCursor,
        to workspace: inout Workspace
    ) throws(FeatureRowError) {
        var cells = [Cell?](repeating: nil, count: features.count)
        switch try reading(&cursor, { cursor throws(ScanFault) in try cursor.kind() }) {
        case .array: try readArray(&cursor, into: &cells)
        case .object: try readObject(&cursor, into: &cells)
        default: throw FeatureRowError(.notFeatures)
        }
        try append(cells, to: &workspace)
    }

    /// Adds a row of cells.
    ///
    /// - Parameters:
    ///   - cells: A cell a feature, in their order; nil where there is none.
    ///   - workspace: Of the model; its inputs become one row longer, also after an error.
    /// - Throws: `FeatureRowError`, the first fault.
    /// - Complexity: O(features).
    package func append(
        _ cells: [Cell?],
        to workspace: inout Workspace
    ) throws(FeatureRowError) {
        let row = workspace.addRow(inputs)
        for (feature, cell) in zip(features, cells) {
            guard let cell else { throw FeatureRowError(.missing, feature: feature.name) }
            let index = row * inputs[feature.input].width + feature.column
            try store(cell, of: feature, in: &workspace.inputs[feature.input], at: index)
        }
    }

    private func readArray(
        _ cursor: inout JSONCursor,
        into cells: inout [Cell?]
    ) throws(FeatureRowError) {
        try reading(&cursor) { cursor throws(ScanFault) in try cursor.beginArray() }
        var count = 0
        while try reading(&cursor, { cursor throws(ScanFault) in try cursor.nextElement() }) {
            if count < features.count {
                cells[count] = try cell(&cursor, of: features[count])
            } else {
                try reading(&cursor) { cursor throws(ScanFault) in try cursor.skipValue() }
            }
            count += 1
        }
        guard count == features.count else {
            throw FeatureRowError(.length(found: count, expected: features.count))
        }
    }

    private func readObject(
        _ cursor: inout JSONCursor,
        into cells: inout [Cell?]
    ) throws(FeatureRowError) {
        try reading(&cursor) { cursor throws(ScanFault) in try cursor.beginObject() }
        while let key = try reading(&cursor, { cursor throws(ScanFault) in try cursor.nextKey() }) {
            if let index = indices[key] {
                cells[index] = try cell(&cursor, of: features[index])
            } else {
                try reading(&cursor) { cursor throws(ScanFault) in try cursor.skipValue() }
            }
        }
    }

    private func cell(
        _ cursor: inout JSONCursor,
        of feature: ServedFeature
    ) throws(FeatureRowError) -> Cell {
        let cell = try reading(&cursor) { cursor throws(ScanFault) -> Cell? in
            switch try cursor.kind() {
            case .null:
                _ = try cursor.null()
                return .missing
            case .number:
                let (value, text) = try cursor.spelledNumber()
                return .number(value, text: canonicalText(of: value, spelling: text))
            case .string: return .text(try cursor.string())
            case .boolean:
                let value = try cursor.boolean()
                return .boolean(value, text: value ? "1" : "0")
            case .array, .object: return nil
            }
        }
        guard let cell else { throw .kind(of: feature) }
        return cell
    }

    private func reading<Result>(
        _ cursor: inout JSONCursor,
        _ body: (inout JSONCursor) throws(ScanFault) -> Result
    ) throws(FeatureRowError) -> Result {
        do throws(ScanFault) { return try body(&cursor) } catch {
            throw FeatureRowError(.malformed(error))
        }
    }
}

// MARK: - Values

extension FeatureRows {
    private func store(
        _ cell: Cell,
        of feature: ServedFeature,
        in tensor: inout Tensor,
        at index: Int
    ) throws(FeatureRowError) {
        switch feature.kind {
        case .categorical:
            let text = cell.text
            if let text, let categories = feature.categories, !categories.contains(text) {
                throw FeatureRowError(.category(text), feature: feature.name)
            }
            // An empty text is what converters take for a missing one.
            tensor.strings[index] = text ?? ""
        case .integer:
            let value = try whole(cell, of: feature)
            try checkRange(Double(value), of: feature)
            tensor.integers[index] = value
        case .numeric:
            let value = try number(cell, of: feature)
            if let value { try checkRange(value, of: feature) }
            if tensor.element == .double {
                tensor.doubles[index] = value ?? .nan
            } else {
                let number = Float(value ?? .nan)
                if number.isInfinite { throw FeatureRowError(.notFinite, feature: feature.name) }
                tensor.floats[index] = number
            }
        }
    }

    private func number(
        _ cell: Cell,
        of feature: ServedFeature
    ) throws(FeatureRowError) -> Double? {
        if case .missing = cell { return nil }
        guard let value = cell.number else { throw .kind(of: feature) }
        guard value.isFinite else { throw FeatureRowError(.notFinite, feature: feature.name) }
        return value
    }

    private func whole(_ cell: Cell, of feature: ServedFeature) throws(FeatureRowError) -> Int64 {
        // Identifiers beyond 2^53 are read from their digits, which a double would round.
        if case .number(_, let text) = cell, let value = Int64(text) { return value }
        guard let value = cell.number.flatMap(Int64.init(exactly:)) else {
            throw .kind(of: feature)
        }
        return value
    }

    private func checkRange(
        _ value: Double,
        of feature: ServedFeature
    ) throws(FeatureRowError) {
        if let minimum = feature.minimum, value < minimum {
            throw FeatureRowError(.below(value, minimum: minimum), feature: feature.name)
        }
        if let maximum = feature.maximum, value > maximum {
            throw FeatureRowError(.above(value, maximum: maximum), feature: feature.name)
        }
    }
}

extension Workspace {
    /// Makes the inputs one row longer: missing where there is a word for it, else 0.
    ///
    /// - Returns: The row's index.
    fileprivate mutating func addRow(_ models: [ModelInput]) -> Int {
        var row = 0
        for (index, input) in models.enumerated() {
            row = inputs[index].shape[0]
            inputs[index].shape[0] = row + 1
            switch input.element {
            case .float: inputs[index].floats.append(repeating: .nan, input.width)
            case .double: inputs[index].doubles.append(repeating: .nan, input.width)
            case .int64: inputs[index].integers.append(repeating: 0, input.width)
            case .string: inputs[index].strings.append(repeating: "", input.width)
            }
        }
        return row
    }

    /// Takes the rows away again and keeps the memory.
    package mutating func removeRows() {
        for index in inputs.indices {
            inputs[index].shape[0] = 0
            inputs[index].floats.removeAll(keepingCapacity: true)
            inputs[index].doubles.removeAll(keepingCapacity: true)
            inputs[index].integers.removeAll(keepingCapacity: true)
            inputs[index].strings.removeAll(keepingCapacity: true)
        }
    }
}

extension Array {
    fileprivate mutating func append(repeating element: Element, _ count: Int) {
        append(contentsOf: repeatElement(element, count: count))
    }
}
