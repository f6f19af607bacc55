// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Inference
import PredictionLog

/// How a row of named values is read for a model: made once, when the model is loaded.
struct RowPlan: Sendable {
    /// How a value is judged.
    enum Reading: Sendable, Equatable {
        /// A finite number; missing is NaN.
        case number
        /// A whole number; there is no missing one.
        case integer
        /// A category; missing is the empty text.
        case text
    }

    /// One feature and its place in a row of an input.
    struct Slot: Sendable {
        /// The feature's position in the order of arrays.
        let feature: Int
        let column: Int
        let reading: Reading
        /// Whether the input holds floats, beyond whose range a double is infinite.
        let isSingle: Bool
        /// What is taken, infinite where all is.
        let range: ClosedRange<Double>
        let isLimited: Bool
    }

    /// The features of one input, whose memory is looked up once a row.
    struct Group: Sendable {
        let input: Int
        let element: ElementType
        let width: Int
        /// Where they are in `slots`.
        let slots: Range<Int>
    }

    /// The features, those of an input together.
    let slots: [Slot]
    let groups: [Group]
    /// The texts that each feature takes; nil where all are.
    ///
    /// They are not in the slots, so that those are copied without counting a reference.
    let categories: [Set<String>?]
    /// The position in `slots` of each feature.
    let slotOfFeature: [Int]
    /// The names in the order of arrays.
    let names: [String]
    /// What the outputs mean.
    let purpose: ModelPurpose
    /// The output that holds a classifier's probabilities; nil for other models.
    let probabilityOutput: Int?
    /// The output that holds a classifier's labels where the graph decides by a rule of its own.
    let ownLabelOutput: Int?
    /// Each class as JSON.
    let classes: [[UInt8]]
    /// The features' names as keys of an object.
    let keys: ObjectKeys
    /// How a line of the log begins, up to the version.
    let linePrefix: [UInt8]
    /// How an answer begins, up to the version.
    let answerPrefix: [UInt8]

    /// Makes the plan of a model.
    ///
    /// A feature whose place no input has is judged, and goes nowhere.
    init(
        name: String,
        version: String,
        features: [ServedFeature],
        inputs: [ModelInput],
        purpose: ModelPurpose,
        hasOwnRule: Bool
    ) {
        var slots: [Slot] = []
        var groups: [Group] = []
        var slotOfFeature = [Int](repeating: 0, count: features.count)
        func add(_ feature: Int, _ input: ModelInput?) {
            slotOfFeature[feature] = slots.count
            slots.append(Slot(features[feature], at: feature, input: input))
        }
        for (index, input) in inputs.enumerated() {
            let start = slots.count
            for (feature, described) in features.enumerated()
            where described.input == index && 0..<input.width ~= described.column {
                add(feature, input)
            }
            groups.append(
                Group(
                    input: index,
                    element: input.element,
                    width: input.width,
                    slots: start..<slots.count
                )
            )
        }
        for (feature, described) in features.enumerated() {
            let hasPlace =
                inputs.indices ~= described.input
                && 0..<inputs[described.input].width ~= described.column
            if !hasPlace { add(feature, nil) }
        }
        self.slots = slots
        self.groups = groups
        self.slotOfFeature = slotOfFeature
        self.purpose = purpose
        probabilityOutput = purpose.probabilityOutput
        ownLabelOutput = hasOwnRule ? purpose.labelOutput : nil
        names = features.map(\.name)
        categories = features.map { $0.categories.map { Set($0) } }
        keys = ObjectKeys(features.map(\.name))
        classes = purpose.classes.map(\.json)
        let address = JSONWriter.bytes { writer in
            writer.object { writer in
                writer.key("model")
                writer.value(name)
                writer.key("version")
                writer.value(version)
            }
        }
        answerPrefix = Array(address.dropLast())
        linePrefix = answerPrefix + ",\"ts\":".utf8
    }
}

extension RowPlan.Slot {
    fileprivate init(_ described: ServedFeature, at feature: Int, input: ModelInput?) {
        let reading: RowPlan.Reading =
            switch (described.kind, input?.element) {
            case (_, .string), (.categorical, _): .text
            case (.integer, _), (.numeric, .int64): .integer
            case (.numeric, _): .number
            }
        let declared = reading == .text ? nil : input?.declaredRange
        let range = described.range(within: declared)
        self.init(
            feature: feature,
            column: described.column,
            reading: reading,
            isSingle: input?.element == .float,
            range: range,
            isLimited: range != -.infinity ... .infinity
        )
    }
}

extension ServedFeature {
    /// The numbers that it takes, infinite where all are.
    ///
    /// A limit that is no number is none, and a maximum below the minimum is the minimum: whoever
    /// describes features refuses both, and no request may trap on them.
    var limits: ClosedRange<Double> {
        let low = minimum.flatMap { $0.isNaN ? nil : $0 } ?? -.infinity
        let high = maximum.flatMap { $0.isNaN ? nil : $0 } ?? .infinity
        return low...max(low, high)
    }

    /// The numbers that it takes as a model's input.
    fileprivate func range(within declared: ClosedRange<Double>?) -> ClosedRange<Double> {
        let own = limits
        guard let declared else { return own }
        let low = max(own.lowerBound, declared.lowerBound)
        // A range beyond the type's takes nothing but its lower bound.
        return low...max(low, min(own.upperBound, declared.upperBound))
    }
}

extension ModelInput {
    /// The numbers that the graph's own type holds, where it is narrower than what a run takes.
    var declaredRange: ClosedRange<Double>? {
        switch declaredType {
        case "bool": 0...1
        case "int8": -128...127
        case "int16": -32_768...32_767
        case "int32": -2_147_483_648...2_147_483_647
        case "uint8": 0...255
        case "uint16": 0...65_535
        case "uint32": 0...4_294_967_295
        default: nil
        }
    }
}

extension ModelPurpose {
    /// The output that holds a classifier's probabilities; nil for other models.
    fileprivate var probabilityOutput: Int? {
        if case .classifier(_, let output, _) = self { output } else { nil }
    }

    /// The classes of a classifier in the order of their probabilities; none for other models.
    package var classes: [ClassLabel] {
        if case .classifier(_, _, let classes) = self { classes } else { [] }
    }
}

extension ClassLabel {
    /// The label as JSON: a number or a string.
    var json: [UInt8] {
        JSONWriter.bytes { writer in
            switch self {
            case .integer(let number): writer.value(number)
            case .text(let text): writer.value(text)
            }
        }
    }
}

extension JSONWriter {
    /// The bytes of what `body` writes.
    static func bytes(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        body(&writer)
        return writer.bytes
    }
}
