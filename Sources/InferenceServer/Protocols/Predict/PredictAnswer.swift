// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// The answers of `/predict` and `/predict/batch`.
extension Workbench {
    /// Writes the answer for the rows that were run.
    func answer(_ shape: PredictShape) -> [UInt8] {
        switch shape {
        case .one: answerOne()
        case .many: answerMany()
        }
    }

    /// `{"model","version","prediction","label","probability","probabilities"}`, the last three of
    /// a classifier.
    private func answerOne() -> [UInt8] {
        var bytes = plan.answerPrefix
        bytes.reserveCapacity(bytes.count + 128)
        bytes.append(literal: ",\"prediction\":")
        guard plan.probabilityOutput != nil else {
            appendPrediction(ofRow: 0, to: &bytes)
            bytes.append(UInt8(ascii: "}"))
            return bytes
        }
        let label = classIndex(ofRow: 0)
        appendLabel(label, row: 0, to: &bytes)
        bytes.append(literal: ",\"label\":")
        appendLabel(label, row: 0, to: &bytes)
        bytes.append(literal: ",\"probability\":")
        appendProbability(of: label, row: 0, to: &bytes)
        bytes.append(literal: ",\"probabilities\":")
        appendProbabilities(ofRow: 0, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// `{"model","version","predictions","labels","probabilities"}`, the last two of a classifier.
    private func answerMany() -> [UInt8] {
        var bytes = plan.answerPrefix
        bytes.reserveCapacity(bytes.count + rows * 48)
        bytes.append(literal: ",\"predictions\":")
        appendPredictions(to: &bytes)
        if plan.probabilityOutput != nil {
            bytes.append(literal: ",\"labels\":")
            appendPredictions(to: &bytes)
            bytes.append(literal: ",\"probabilities\":[")
            for row in 0..<rows {
                if row > 0 { bytes.append(UInt8(ascii: ",")) }
                appendProbabilities(ofRow: row, to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// Appends the predictions of all rows as a JSON array.
    func appendPredictions(to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "["))
        for row in 0..<rows {
            if row > 0 { bytes.append(UInt8(ascii: ",")) }
            appendPrediction(ofRow: row, to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
    }
}
