// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Inference

/// What a run says of its rows, as requests are answered: the label follows the probability.
struct RunResults {
    private let outputs: [Tensor]
    private let purpose: ModelPurpose
    private let threshold: Double?

    /// Takes the outputs of a run.
    ///
    /// - Parameters:
    ///   - outputs: Of a workspace after a run.
    ///   - purpose: What they mean.
    ///   - threshold: The least probability of the second of two classes that makes it the label.
    init(_ outputs: [Tensor], purpose: ModelPurpose, threshold: Double?) {
        self.outputs = outputs
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
    /// It is the first of the most probable classes, or the second of two when it reaches the
    /// threshold. NaN is never probable.
    func label(row: Int) -> Int {
        if let threshold, classes.count == 2 {
            return probability(row: row, class: 1) >= threshold ? 1 : 0
        }
        var (best, greatest) = (0, -Double.infinity)
        for position in classes.indices {
            let probability = probability(row: row, class: position)
            if probability > greatest { (best, greatest) = (position, probability) }
        }
        return best
    }

    /// The value of a regressor, or of another model's first output if that has one a row; NaN where
    /// the run left none.
    func value(row: Int) -> Double {
        let output: Int
        switch purpose {
        case .classifier: return .nan
        case .regressor(let value): output = value
        case .transformer: output = 0
        }
        guard outputs.indices.contains(output),
            outputs[output].shape.dropFirst().allSatisfy({ $0 == 1 })
        else { return .nan }
        return outputs[output].number(at: row)
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
