// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Inference
import PredictionLog

/// Which feature stands in which column of which input of a model.
///
/// - A graph with an input a column has a feature an input, of the input's name.
/// - A matrix has a feature a column: named by `model.yaml`, else, if it is the only input, by
///   `feature_names` of the model's metadata, else `f0`, `f1`, … (behind the input's name if there
///   are several matrices).
/// - `model.yaml` may name all features or none, in any order for inputs of one column; those that
///   no such input has fill the matrices, in their order. It gives the order of arrays.
/// - Numbers go into inputs of floating point, whole numbers into those of integers and Booleans,
///   categories into those of strings.
struct FeatureMap: Sendable, Equatable {
    /// The features in the order of arrays.
    let features: [ServedFeature]
    /// Why names in the model's metadata were not used; nil where they were, or there are none.
    let remark: String?

    /// A column of an input.
    private struct Place {
        let input: Int
        let column: Int
        let element: ElementType
        /// The input's name.
        let name: String
    }

    /// Maps features to columns.
    ///
    /// - Parameters:
    ///   - inputs: The model's.
    ///   - described: What `model.yaml` says of them; nil when it says nothing.
    ///   - names: The names in the model's metadata, if any.
    /// - Throws: `FeatureMapError`.
    /// - Complexity: O(columns).
    init(
        inputs: [ModelInput],
        described: [ModelDescription.Input]?,
        names: [String]?
    ) throws(FeatureMapError) {
        var places: [Place] = []
        for (index, input) in inputs.enumerated() {
            for column in 0..<input.width {
                places.append(
                    Place(input: index, column: column, element: input.element, name: input.name)
                )
            }
        }
        if let described {
            let isByName = inputs.count > 1
            features = try Self.features(described, places, byName: isByName ? inputs : [])
            remark = nil
        } else {
            let (names, remark) = Self.names(of: places, inputs: inputs, metadata: names)
            self.remark = remark
            features = try zip(places, names).map { place, name throws(FeatureMapError) in
                try Self.feature(ModelDescription.Input(name: name), at: place)
            }
        }
        var seen: Set<String> = []
        for feature in features where !seen.insert(feature.name).inserted {
            throw .duplicateName(feature.name)
        }
    }

    /// The features as described: `byName` are inputs whose single columns are found by name.
    private static func features(
        _ described: [ModelDescription.Input],
        _ places: [Place],
        byName inputs: [ModelInput]
    ) throws(FeatureMapError) -> [ServedFeature] {
        let columns = Set(inputs.filter { $0.width == 1 }.map(\.name))
        let named = Dictionary(
            places.filter { columns.contains($0.name) }.map { ($0.name, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        var rest = places.filter { !columns.contains($0.name) }[...]
        let known = Set(described.map(\.name))
        let missing = inputs.filter { columns.contains($0.name) && !known.contains($0.name) }
        let others = described.filter { named[$0.name] == nil }
        if others.count != rest.count || !missing.isEmpty {
            throw .columns(
                found: described.count,
                expected: places.count,
                missing: missing.map(\.name),
                unknown: others.count > rest.count ? others.map(\.name) : [],
                nearest: others.first.flatMap {
                    NearestName.of($0.name, among: missing.map(\.name))
                }
            )
        }
        return try described.map { input throws(FeatureMapError) in
            // There are as many columns left as features that need one.
            guard let place = named[input.name] ?? rest.popFirst() else {
                throw .duplicateName(input.name)
            }
            return try feature(input, at: place)
        }
    }

    /// The names of the columns where nobody describes them.
    private static func names(
        of places: [Place],
        inputs: [ModelInput],
        metadata: [String]?
    ) -> (names: [String], remark: String?) {
        var remark: String?
        if let metadata, inputs.count == 1 {
            if metadata.count == places.count, Set(metadata).count == metadata.count,
                !metadata.contains("")
            {
                return (metadata, nil)
            }
            remark =
                "feature_names in the model's metadata are not used: \(metadata.count) names, "
                + "\(Set(metadata).count) of them different, for \(places.count) columns"
        }
        let matrices = inputs.filter { $0.width != 1 }.count
        let names = places.map { place in
            let isColumn = inputs[place.input].width == 1
            if isColumn { return place.name }
            return matrices == 1 ? "f\(place.column)" : "\(place.name)_f\(place.column)"
        }
        return (names, remark)
    }

    private static func feature(
        _ input: ModelDescription.Input,
        at place: Place
    ) throws(FeatureMapError) -> ServedFeature {
        let natural: ServedFeature.Kind =
            switch place.element {
            case .float, .double: .numeric
            case .int64: .integer
            case .string: .categorical
            }
        guard input.kind == nil || input.kind == natural else {
            throw .kind(
                feature: input.name,
                found: input.kind ?? natural,
                expected: natural,
                input: place.name
            )
        }
        let hasRange = input.minimum != nil || input.maximum != nil
        if hasRange, natural == .categorical { throw .rangeOfCategories(feature: input.name) }
        if input.categories != nil, natural != .categorical {
            throw .categoriesOfNumbers(feature: input.name)
        }
        return ServedFeature(
            name: input.name,
            kind: natural,
            minimum: input.minimum,
            maximum: input.maximum,
            categories: input.categories,
            input: place.input,
            column: place.column
        )
    }
}

extension FeatureMap {
    /// The names in the text of the metadata's `feature_names`: a JSON array of texts, or names with
    /// commas between.
    static func names(inMetadata text: String) -> [String] {
        let parsed = try? JSONCursor.read(Array(text.utf8).span) { cursor throws(ScanFault) in
            var names: [String] = []
            try cursor.beginArray()
            while try cursor.nextElement() { names.append(try cursor.string()) }
            try cursor.end()
            return names
        }
        if let parsed { return parsed }
        return text.split(separator: ",", omittingEmptySubsequences: false).map { name in
            String(name.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
    }
}

/// Why the features of `model.yaml` are not those of the model.
package enum FeatureMapError: Error, Sendable, Equatable {
    /// Other features than there are columns.
    case columns(
        found: Int,
        expected: Int,
        missing: [String],
        unknown: [String],
        nearest: String?
    )
    /// A feature's kind does not fit the type of the input that it goes into.
    case kind(
        feature: String,
        found: ServedFeature.Kind,
        expected: ServedFeature.Kind,
        input: String
    )
    /// Two features of one name.
    case duplicateName(String)
    /// A minimum or maximum of a feature whose values are texts.
    case rangeOfCategories(feature: String)
    /// Categories of a feature whose values are numbers.
    case categoriesOfNumbers(feature: String)
}

extension FeatureMapError: CustomStringConvertible {
    /// One sentence.
    package var description: String {
        switch self {
        case .columns(let found, let expected, let missing, let unknown, let nearest):
            "expected \(expected) features, as many as the model has columns, found \(found)"
                + (missing.isEmpty ? "" : "; missing: \(missing.joined(separator: ", "))")
                + (unknown.isEmpty ? "" : "; not in the model: \(unknown.joined(separator: ", "))")
                + (nearest.map { "; did you mean \($0)?" } ?? "")
        case .kind(let feature, let found, let expected, let input):
            "feature \"\(feature)\" is \(found.rawValue), but input \"\(input)\" takes "
                + "\(expected.rawValue) values"
        case .duplicateName(let name): "two features are called \"\(name)\""
        case .rangeOfCategories(let feature):
            "feature \"\(feature)\" is categorical and has no minimum or maximum"
        case .categoriesOfNumbers(let feature):
            "feature \"\(feature)\" takes numbers and has no categories"
        }
    }
}
