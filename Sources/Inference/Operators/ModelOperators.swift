// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Operators of ai.onnx.ml that predict.
enum ModelOperators {
    private static let newest = 5

    static let definitions: [OperatorDefinition] = [
        OperatorDefinition("TreeEnsembleClassifier", 1...newest, TreeClassifierKernel.define),
        OperatorDefinition("TreeEnsembleRegressor", 1...newest, TreeRegressorKernel.define),
        OperatorDefinition("LinearClassifier", 1...newest, LinearClassifierKernel.define),
        OperatorDefinition("LinearRegressor", 1...newest, LinearRegressorKernel.define),
        // A list of maps says no more than the matrix and the labels, which `ModelPurpose` gives.
        OperatorDefinition("ZipMap", 1...newest) { node throws(ModelError) in
            let type = try node.type(0, { $0 == .float }, "float")
            node.ignore("classlabels_strings", "classlabels_int64s")
            return .alias(operand: 0, type)
        },
    ]
}

/// The labels of a classifier, and how a row of probabilities chooses among them.
struct LabelTable: Sendable {
    /// The labels in the order of the columns.
    let labels: [ClassLabel]
    private let texts: [String]
    private let integers: [Int64]

    /// Reads the labels: texts, or whole numbers in the attribute `integers`, whose name differs from
    /// operator to operator.
    init(_ node: inout NodeRequest, integers: String) throws(ModelError) {
        texts = try node.texts("classlabels_strings") ?? []
        self.integers = try node.integers(integers) ?? []
        guard texts.isEmpty != self.integers.isEmpty else {
            throw node.fault(
                found: "\(texts.count) texts and \(self.integers.count) numbers as labels",
                expected: "one kind of them"
            )
        }
        labels = texts.map(ClassLabel.text) + self.integers.map(ClassLabel.integer)
    }

    var type: DataType { texts.isEmpty ? .int64 : .string }

    /// Gives each row the label of its greatest probability, of equal ones the first; `scores` are
    /// rows × labels.
    func choose(
        _ scores: Span<Float>,
        rows: Int,
        into result: inout Tensor,
        most: Int
    ) throws(KernelFault) {
        try result.prepare(type.element, rows: rows, most: most)
        if texts.isEmpty {
            var target = result.integers.mutableSpan
            for row in 0..<rows { target[row] = integers[place(in: scores, row)] }
        } else {
            for row in 0..<rows { result.strings[row] = texts[place(in: scores, row)] }
        }
    }

    /// The column of a row's greatest score.
    @inline(__always)
    private func place(in scores: Span<Float>, _ row: Int) -> Int {
        let width = labels.count
        var best = 0
        for column in 1..<max(width, 1)
        where scores[row * width + column] > scores[row * width + best] {
            best = column
        }
        return best
    }
}
