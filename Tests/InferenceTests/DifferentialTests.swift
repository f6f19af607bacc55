// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Inference
import Testing

/// Generated models against ONNX Runtime's answers, on inputs with NaN, infinities, both zeros and
/// values that equal a threshold.
@Suite
struct DifferentialTests {
    /// Where the answer is another on purpose, and why.
    private static let differences: [String: String] = [
        "ReduceMax NaN, all": "there NaN counts or not by its place in memory; here it always does",
        "ReduceMin NaN, all": "as ReduceMax",
        "ReduceLogSumExp NaN, all": "as ReduceMax, which it begins with",
    ]

    /// Classifiers whose label in ONNX Runtime is not that of the greatest probability.
    ///
    /// It compares the score before its transformation with 0 or with 0.5, by the signs of the
    /// weights; with two classes voted for it gives the column's number instead of its label; and
    /// with infinite scores it looks at those, where the probabilities are NaN. Whoever reads a
    /// probability of 0.55 expects the label that belongs to it.
    private static let otherLabels: Set<String> = [
        "LinearClassifier NONE 1", "LinearClassifier double NONE 1",

        "LinearClassifier SOFTMAX_ZERO 1", "LinearClassifier double SOFTMAX_ZERO 1",
        "LinearClassifier special SOFTMAX 2",
        "TreeEnsembleClassifier NONE two of one, positive, base",
        "TreeEnsembleClassifier LOGISTIC two of one, positive",
        "TreeEnsembleClassifier LOGISTIC two of one, positive, base",
        "TreeEnsembleClassifier SOFTMAX two of one, positive, base",
        "TreeEnsembleClassifier SOFTMAX_ZERO two of one, mixed, base",
        "TreeEnsembleClassifier SOFTMAX_ZERO two of one, positive, base",
        "TreeEnsembleClassifier NONE two", "TreeEnsembleClassifier LOGISTIC two",
        "TreeEnsembleClassifier SOFTMAX two", "TreeEnsembleClassifier SOFTMAX_ZERO two",
        "TreeEnsembleClassifier PROBIT two",
    ]

    /// The approximation of the probit takes a logarithm near 1 in single precision, which makes
    /// some hundred units of the last bit of a score.
    private static func tolerance(_ name: String) -> Double {
        name.contains("PROBIT") ? 2e-3 : name.contains("float16") ? 1e-3 : 1e-6
    }

    @Test
    func `answers as ONNX Runtime does but for the differences that are meant`() throws {
        let cases = try NodeCase.file("onnx/differential-cases.json")
        #expect(cases.count == 358)
        let faults = cases.filter { !$0.isClassifier }.compactMap { expected in
            expected.fault(tolerance: Self.tolerance(expected.name)).map { (expected.name, $0) }
        }
        let unexpected = faults.filter { Self.differences[$0.0] == nil }.map(\.1)
        #expect(unexpected == [])
        // A difference that has gone is to be struck off the table.
        let gone = Set(Self.differences.keys).subtracting(faults.map(\.0))
        #expect(gone == [])
    }

    @Test
    func `gives ONNX Runtime's probabilities, and the label of the greatest`() throws {
        let cases = try NodeCase.file("onnx/differential-cases.json").filter(\.isClassifier)
        #expect(cases.count > 70)
        var otherLabels: Set<String> = []
        var unexpected: [String] = []
        for expected in cases {
            let fault = expected.fault(tolerance: Self.tolerance(expected.name), only: 1)
            if let fault, Self.differences[expected.name] == nil { unexpected.append(fault) }
            let model = try Model(bytes: [UInt8](expected.model))
            guard case .classifier(_, _, let classes) = model.purpose else {
                unexpected.append("\(expected.name): no classifier")
                continue
            }
            let found = try Plan.compile(bytes: [UInt8](expected.model))
                .run(expected.inputs.map(\.tensor))
            let labels = ConformanceTests.argmax(found[1].numbers, classes)
            if found[0].texts != labels { unexpected.append("\(expected.name): labels") }
            if expected.outputs[0].tensor.texts != labels { otherLabels.insert(expected.name) }
        }
        #expect(unexpected == [])
        #expect(otherLabels == Self.otherLabels)
    }
}
