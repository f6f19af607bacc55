// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Inference
import PredictionLog

/// What a row's outputs say, by the model's purpose: every protocol's answers and the log take it
/// from here.
extension Workbench {
    /// The probabilities of a row in the outputs; nil for a model that is no classifier.
    func probabilities(ofRow row: Int) -> (tensor: Int, range: Range<Int>)? {
        guard let tensor = plan.probabilityOutput, outputs.indices ~= tensor, rows > 0
        else { return nil }
        let width = outputs[tensor].elementCount / rows
        return (tensor, row * width..<(row + 1) * width)
    }

    /// The class of a row, by its position.
    ///
    /// With a threshold and two classes the second one if it is probable enough; otherwise what the
    /// graph's own rule says, nil where that is none of the classes; without such a rule the most
    /// probable, the first of equal ones. NaN is never probable.
    func classIndex(ofRow row: Int) -> Int? {
        guard let (tensor, range) = probabilities(ofRow: row) else { return nil }
        if let threshold, range.count == 2 {
            return outputs[tensor].number(at: range.lowerBound + 1) >= threshold ? 1 : 0
        }
        if let label = plan.ownLabelOutput, outputs.indices ~= label {
            return plan.purpose.classes.firstIndex { outputs[label].isLabel($0, at: row) }
        }
        var best = range.lowerBound
        var greatest = -Double.infinity
        for index in range {
            let probability = outputs[tensor].number(at: index)
            if probability > greatest { (best, greatest) = (index, probability) }
        }
        return best - range.lowerBound
    }

    /// Makes the label output say what `classIndex` does: a classifier operator's labels know no
    /// threshold, and may break ties otherwise.
    mutating func setLabels() {
        if threshold == nil, plan.ownLabelOutput != nil { return }
        guard case .classifier(let label?, _, let classes) = plan.purpose,
            outputs.indices ~= label
        else { return }
        var labels = Tensor(outputs[label].element, shape: [rows])
        for row in 0..<rows {
            guard let index = classIndex(ofRow: row), classes.indices ~= index else { return }
            switch classes[index] {
            case .integer(let number): labels.integers.append(number)
            case .text(let text): labels.strings.append(text)
            }
        }
        // Where the classes are of another kind than the output, its own labels stay.
        if labels.elementCount == rows { outputs[label] = labels }
    }

    /// Appends the prediction of a row as JSON: a label, a regressor's value, of other models the
    /// first output's row.
    func appendPrediction(ofRow row: Int, to bytes: inout [UInt8]) {
        switch plan.purpose {
        case .classifier: appendLabel(classIndex(ofRow: row), row: row, to: &bytes)
        case .labeller(let label): appendElements(ofRow: row, of: label, to: &bytes)
        case .regressor(let value): appendElements(ofRow: row, of: value, to: &bytes)
        case .transformer: appendElements(ofRow: row, of: 0, to: &bytes)
        }
    }

    /// Appends a row's class as JSON; without one what the graph's own rule says instead.
    func appendLabel(_ index: Int?, row: Int, to bytes: inout [UInt8]) {
        guard let index, plan.classes.indices ~= index else {
            guard let label = plan.ownLabelOutput else { return bytes.append(literal: "null") }
            return appendElements(ofRow: row, of: label, to: &bytes)
        }
        bytes.append(contentsOf: plan.classes[index])
    }

    /// Appends the probabilities of a row as a JSON array.
    func appendProbabilities(ofRow row: Int, to bytes: inout [UInt8]) {
        guard let (tensor, range) = probabilities(ofRow: row) else { return }
        bytes.append(UInt8(ascii: "["))
        for index in range {
            if index > range.lowerBound { bytes.append(UInt8(ascii: ",")) }
            outputs.appendElement(index, of: tensor, to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// Appends the probability of a class of a row; `null` where there is none.
    func appendProbability(of index: Int?, row: Int, to bytes: inout [UInt8]) {
        guard let index, let (tensor, range) = probabilities(ofRow: row), index < range.count
        else {
            return bytes.append(literal: "null")
        }
        outputs.appendElement(range.lowerBound + index, of: tensor, to: &bytes)
    }

    /// Appends the elements of a row: one by itself, several as an array.
    private func appendElements(ofRow row: Int, of tensor: Int, to bytes: inout [UInt8]) {
        guard outputs.indices ~= tensor, rows > 0 else {
            return bytes.append(literal: "null")
        }
        let width = outputs[tensor].elementCount / rows
        if width == 1 { return outputs.appendElement(row, of: tensor, to: &bytes) }
        bytes.append(UInt8(ascii: "["))
        for column in 0..<width {
            if column > 0 { bytes.append(UInt8(ascii: ",")) }
            outputs.appendElement(row * width + column, of: tensor, to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
    }
}
