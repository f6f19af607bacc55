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

    /// The classes of a classifier, in the order of its probabilities; none of a regressor.
    var classes: [ClassLabel] {
        guard case .classifier(_, _, let classes) = purpose else { return [] }
        return classes
    }

    /// The probability of a class; NaN where the run left none.
    func probability(row: Int, class position: Int) -> Double {
        guard case .classifier(_, let output, let classes) = purpose else { return .nan }
        return number(output, at: row * classes.count + position)
    }

    /// The position of the label: the first of the most probable classes, or the second of two when
    /// it reaches the threshold.
    func label(row: Int) -> Int {
        if let threshold, classes.count == 2 {
            return probability(row: row, class: 1) >= threshold ? 1 : 0
        }
        var best = 0
        for position in classes.indices.dropFirst()
        where probability(row: row, class: position) > probability(row: row, class: best) {
            best = position
        }
        return best
    }

    /// The value of a regressor; NaN where the run left none.
    func value(row: Int) -> Double {
        guard case .regressor(let output) = purpose else { return .nan }
        return number(output, at: row)
    }

    private func number(_ output: Int, at index: Int) -> Double {
        guard outputs.indices.contains(output) else { return .nan }
        let tensor = outputs[output]
        switch tensor.element {
        case .float where index < tensor.floats.count: return Double(tensor.floats[index])
        case .double where index < tensor.doubles.count: return tensor.doubles[index]
        case .int64 where index < tensor.integers.count: return Double(tensor.integers[index])
        default: return .nan
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
