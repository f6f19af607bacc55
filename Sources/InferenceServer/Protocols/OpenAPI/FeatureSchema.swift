// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The JSON Schema of what a model's features may be: what the validator takes, and no more.
struct FeatureSchema {
    private let features: [ServedFeature]

    /// Describes the features of a model.
    init(_ features: [ServedFeature]) {
        self.features = features
    }

    /// A row: an object by name, or an array in the features' order.
    var row: JSONNode {
        ["anyOf": [object, array]]
    }

    private var object: JSONNode {
        [
            "type": "object",
            "description": "Values by name. Names that the model does not know are logged only.",
            "properties": .object(features.map { ($0.name, Self.schema(of: $0)) }),
            "required": .strings(features.map(\.name)),
            "additionalProperties": true,
            "examples": [.object(features.map { ($0.name, Self.example(of: $0)) })],
        ]
    }

    private var array: JSONNode {
        let array: JSONNode = [
            "type": "array",
            "description": "Values in the order of the features.",
            "minItems": .number(Double(features.count)),
            "maxItems": .number(Double(features.count)),
            "examples": [.array(features.map(Self.example))],
        ]
        // An empty prefix is no schema.
        if features.isEmpty { return array }
        return array.with(["prefixItems": .array(features.map(Self.schema)), "items": false])
    }

    private static func schema(of feature: ServedFeature) -> JSONNode {
        let title = JSONNode.string(feature.name)
        switch feature.kind {
        case .numeric:
            return limited(feature, ["title": title, "type": ["number", "boolean", "null"]])
        case .integer: return limited(feature, ["title": title, "type": ["integer", "boolean"]])
        case .categorical:
            guard let categories = feature.categories else {
                return ["title": title, "type": ["string", "number", "boolean", "null"]]
            }
            return ["title": title, "enum": .array(categories.map(JSONNode.string) + [nil])]
        }
    }

    private static func limited(_ feature: ServedFeature, _ schema: JSONNode) -> JSONNode {
        var schema = schema
        if let minimum = feature.minimum { schema = schema.with(["minimum": .number(minimum)]) }
        if let maximum = feature.maximum { schema = schema.with(["maximum": .number(maximum)]) }
        // `true` and `false` are 1 and 0, which limits may leave out; a schema's limits do not.
        guard !(feature.limits ~= 0 && feature.limits ~= 1) else { return schema }
        return schema.with(["not": ["type": "boolean"]])
    }

    private static func example(of feature: ServedFeature) -> JSONNode {
        switch feature.kind {
        case .categorical: return .string(feature.categories?.first ?? "a")
        case .numeric, .integer:
            let number: Double =
                switch (feature.minimum, feature.maximum) {
                case (let low?, let high?): low / 2 + high / 2
                case (let low?, nil): low + 1
                case (nil, let high?): high - 1
                case (nil, nil): 1
                }
            return .number(feature.kind == .integer ? number.rounded(.up) : number)
        }
    }
}
