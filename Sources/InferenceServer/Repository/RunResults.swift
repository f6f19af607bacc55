// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Inference

/// What a run says of its rows, as requests are answered.
struct RunResults {
    private let outputs: [Tensor]
    private let purpose: ModelPurpose
    private let threshold: Double?
    private let hasOwnRule: Bool

    /// Takes the outputs of a run.
    ///
    /// - Parameters:
    ///   - outputs: Of a workspace after a run.
    ///   - purpose: What they mean.
    ///   - threshold: The least probability of the second of two classes that makes it the label.
    ///   - hasOwnRule: Whether the graph's label counts where there is no threshold.
    init(_ outputs: [Tensor], purpose: ModelPurpose, threshold: Double?, hasOwnRule: Bool) {
        self.outputs = outputs
        self.hasOwnRule = hasOwnRule
        self.purpose = purpose
        self.threshold = threshold
    }

    /// The classes of a classifier, in the order of its probabilities; none of other models.
    var classes: [ClassLabel] {
        guard case .classifier(_, _, let classes) = purpose else { return [] }
        return classes
    }

    /// The probability of a class; NaN where the run left none.
    func probability(row: Int, class position: Int) -> Double {
        guard case .classifier(_, let output, let classes) = purpose,
            outputs.indices.contains(output)
        else { return .nan }
        return outputs[output].number(at: row * classes.count + position)
    }

    /// The position of the label.
    ///
    /// It is the second of two classes when it reaches the threshold; without one what the graph's own
    /// rule says, nil where that is none of the classes; without such a rule the first of the most
    /// probable classes. NaN is never probable.
    func label(row: Int) -> Int? {
        if let threshold, classes.count == 2 {
            return probability(row: row, class: 1) >= threshold ? 1 : 0
        }
        if hasOwnRule, let label = purpose.labelOutput, outputs.indices.contains(label) {
            return classes.firstIndex { outputs[label].isLabel($0, at: row) }
        }
        var (best, greatest) = (0, -Double.infinity)
        for position in classes.indices {
            let probability = probability(row: row, class: position)
            if probability > greatest { (best, greatest) = (position, probability) }
        }
        return best
    }

    /// The label as text; nil for a model that has none.
    func labelText(row: Int) -> String? {
        if let position = label(row: row), classes.indices.contains(position) {
            return classes[position].text
        }
        guard let label = purpose.labelOutput, outputs.indices.contains(label) else { return nil }
        return outputs[label].labelText(at: row)
    }

    /// The value of a regressor, or of another model's first output if that has one a row; NaN where
    /// the run left none.
    func value(row: Int) -> Double {
        let output: Int
        switch purpose {
        case .classifier, .labeller: return .nan
        case .regressor(let value): output = value
        case .transformer: output = 0
        }
        guard outputs.indices.contains(output),
            outputs[output].shape.dropFirst().allSatisfy({ $0 == 1 })
        else { return .nan }
        return outputs[output].number(at: row)
    }
}

extension Tensor {
    /// Whether an element is a class.
    func isLabel(_ label: ClassLabel, at index: Int) -> Bool {
        switch label {
        case .integer(let value): element != .string && number(at: index) == Double(value)
        case .text(let text): element == .string && strings[index] == text
        }
    }

    /// An element as the text of a label.
    fileprivate func labelText(at index: Int) -> String {
        switch element {
        case .int64: String(integers[index])
        case .string: strings[index]
        case .float, .double: "\(number(at: index))"
        }
    }
}

extension ClassLabel {
    /// The class as text: a whole number's digits, or the text itself.
    package var text: String {
        switch self {
        case .integer(let value): String(value)
        case .text(let text): text
        }
    }
}
