// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting

/// What `model.yaml` says beside a model: its features, its output, its decision threshold.
///
///     inputs:
///       - {name: dep_delay, kind: numeric}
///       - {name: humid, kind: numeric, minimum: 0, maximum: 100}
///       - {name: origin, kind: categorical, categories: [EWR, JFK, LGA]}
///     output: {prediction: probability, class: 1}
///     threshold: 0.5
///     description: whether a flight arrives 15 minutes late
struct ModelDescription: ProgramSettings {
    /// A feature as it is described.
    struct Input: Sendable, Equatable {
        var name = ""
        /// nil takes what the model's input suggests.
        var kind: ServedFeature.Kind?
        var minimum: Double?
        var maximum: Double?
        var categories: [String]?
    }

    /// What of the answer the log's prediction is.
    enum Prediction: String, Sendable, CaseIterable {
        case probability, label, value
    }

    /// The features in the order of arrays; nil takes what the model says.
    var inputs: [Input]?
    /// nil takes what fits the model.
    var prediction: Prediction?
    /// The class whose probability is meant, as text.
    var classLabel: String?
    /// The least probability of the second of two classes that makes it the label.
    var threshold: Double?
    /// What the model is for.
    var text: String?
}

extension ModelDescription {
    static let program = "a model"
    static let configFlag: String? = nil

    /// Every key of the file.
    static let table = SettingsTable<ModelDescription>([
        SettingsKey(
            "inputs",
            \.inputs,
            .list(of: Input.format, counts: 1...100_000, unique: ("name", { $0.name })),
            "The features, in the order in which arrays give them."
        ),
        SettingsKey(
            "output.prediction",
            \.prediction,
            .choice(Prediction.allCases),
            "What the log's prediction is, on which drift is watched."
        ),
        SettingsKey(
            "output.class",
            \.classLabel,
            .anyText("a class of the model"),
            "The class whose probability that is; the second of two."
        ),
        SettingsKey(
            "threshold",
            \.threshold,
            .threshold,
            "The least probability of the second of two classes that makes it the label."
        ),
        SettingsKey("description", \.text, .anyText("a text"), "What the model is for."),
    ])

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - bytes: The whole file; an empty one says nothing.
    ///   - name: The file's name in messages.
    /// - Throws: `SettingsError` with every fault, by line and column.
    init(decoding bytes: [UInt8], name: String) throws(SettingsError) {
        let file = SettingsFile(name: name, bytes: bytes)
        self = try ResolvedSettings<ModelDescription>(file: file).settings
    }
}

extension ModelDescription.Input {
    private static let table = SettingsTable<ModelDescription.Input>([
        SettingsKey(
            "name",
            \.name,
            .anyText("the name of a feature"),
            "The key in a request's features.",
            isRequired: true
        ),
        SettingsKey(
            "kind",
            \.kind,
            .choice([.numeric, .integer, .categorical]),
            "How its values are read."
        ),
        SettingsKey("minimum", \.minimum, .number, "The least value that is taken."),
        SettingsKey("maximum", \.maximum, .number, "The greatest value that is taken."),
        SettingsKey(
            "categories",
            \.categories,
            .list(of: .anyText("a category"), counts: 1...100_000, unique: ("", { $0 })),
            "The texts that are taken."
        ),
    ])

    /// A feature is a mapping; ranges are for numbers, categories for texts.
    static let format = SettingsFormat<ModelDescription.Input>.mapping(
        "a mapping with the name of a feature",
        table,
        draft: ModelDescription.Input()
    ) { draft, node, key, reading in
        let isCategorical = draft.kind == .categorical
        if isCategorical, draft.minimum != nil || draft.maximum != nil {
            reading.reject(node, key: key, expected: "no minimum or maximum for categories")
            return nil
        }
        if draft.kind != nil, !isCategorical, draft.categories != nil {
            reading.reject(node, key: key, expected: "no categories for numbers")
            return nil
        }
        if let minimum = draft.minimum, let maximum = draft.maximum, minimum > maximum {
            reading.report(
                .unexpected(found: "\(maximum)", expected: "a maximum of at least \(minimum)"),
                key: "\(key).maximum",
                at: node.place
            )
            return nil
        }
        return draft
    } open: { value in
        value
    }
}

extension SettingsFormat where Value == String {
    /// A text that is not empty, of any characters but control characters.
    fileprivate static func anyText(_ what: String) -> SettingsFormat {
        let limit = 1_024
        return scalar("\(what), 1 to \(limit) bytes long") { text in
            (1...limit).contains(text.utf8.count)
                && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } ? text : nil
        } show: { text in
            .text(text)
        }
    }
}

extension SettingsFormat where Value == Double {
    /// A finite number.
    fileprivate static var number: SettingsFormat {
        scalar("a number") { text in
            guard text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }),
                let number = Double(text), number.isFinite
            else { return nil }
            return number
        } show: { number in
            .word("\(number)")
        }
    }
}
