// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The rows of coefficients and the intercepts of a linear model, and what is made of its scores.
struct LinearScores: Sendable {
    /// Scores a row.
    let targetCount: Int
    /// Features a row.
    let featureCount: Int
    private let coefficients: [Float]
    /// One a score.
    private let intercepts: [Double]
    private let postTransform: TreeEnsembleAttributes.PostTransform
    /// Whether there are two scores for the logistic function, the first the negative of the other:
    /// so converters write a model of two classes.
    private let isLogisticPair: Bool

    /// Reads the attributes of a linear model with so many targets or labels; two labels of a
    /// classifier may share one score.
    init(
        _ node: inout NodeRequest,
        columns: Int,
        as kind: TreeEnsemble.Kind
    ) throws(ModelError) {
        _ = try node.type(0, DataType.isNumeric, "numbers")
        coefficients = try node.floats("coefficients") ?? []
        let intercepts = try node.floats("intercepts") ?? []
        let isShared = kind == .classifier && columns == 2 && intercepts.count == 1
        let targetCount = isShared ? 1 : columns
        let transform = try node.choice(
            "post_transform",
            default: TreeEnsembleAttributes.PostTransform.none
        )
        // A single score is not transformed in ONNX Runtime but for the probit, and of a classifier
        // the logistic function.
        let isTransformed =
            targetCount > 1 || transform == .probit || isShared && transform == .logistic
        postTransform = isTransformed ? transform : .none
        guard targetCount > 0, !coefficients.isEmpty, coefficients.count % targetCount == 0,
            intercepts.isEmpty || intercepts.count == targetCount
        else {
            throw node.fault(
                found: "\(coefficients.count) coefficients and \(intercepts.count) intercepts",
                expected: "those of \(targetCount) scores"
            )
        }
        self.targetCount = targetCount
        featureCount = coefficients.count / targetCount
        self.intercepts =
            intercepts.isEmpty
            ? Array(repeating: 0, count: targetCount) : intercepts.map { Double($0) }
        isLogisticPair =
            targetCount == 2 && postTransform == .logistic
            && self.intercepts[0] == -self.intercepts[1]
            && zip(coefficients, coefficients.dropFirst(featureCount)).allSatisfy { $0 == -$1 }
    }

    /// Scores every row of the first operand, `columns` for each; of two columns for one score the
    /// second has it, and the first is left to the caller.
    ///
    /// - Returns: The number of rows.
    func compute(
        _ operands: Operands,
        columns: Int,
        into result: inout Tensor
    ) throws(KernelFault) -> Int {
        let (rows, width) = try operands.matrix(0)
        guard width == featureCount else {
            throw .shape(found: operands.shape(0), expected: "\(featureCount) columns")
        }
        try result.prepare(.float, rows: rows, width: columns, most: operands.most)
        let source = operands.singleNumbers(0)
        var target = result.floats.mutableSpan
        for row in 0..<rows {
            let features = source.span.extracting(row * width..<(row + 1) * width)
            let first = (row + 1) * columns - targetCount
            for place in (isLogisticPair ? 1 : 0)..<targetCount {
                let range = place * width..<(place + 1) * width
                let sum = dot(features, coefficients.span.extracting(range))
                target[first + place] = Float(sum + intercepts[place])
            }
        }
        // A pass of its own: so the exponentials of several rows overlap.
        if isLogisticPair {
            TreeEnsembleAttributes.PostTransform.completeLogisticPairs(&target)
        } else {
            postTransform.apply(to: &target, width: columns)
        }
        return rows
    }
}

/// `LinearClassifier`: labels, and scores of rows × classes.
///
/// A single row of coefficients with two labels gives the second one's score s; the first has 1 − s.
struct LinearClassifierKernel: Kernel {
    private let scores: LinearScores
    private let labels: LabelTable

    static func define(_ node: inout NodeRequest) throws(ModelError) -> OperatorDefinition.Result {
        let labels = try LabelTable(&node, integers: "classlabels_ints")
        // It names how the scores were trained, one against the rest or together.
        node.ignore("multi_class")
        let scores = try LinearScores(&node, columns: labels.labels.count, as: .classifier)
        let kernel = LinearClassifierKernel(scores: scores, labels: labels)
        return .kernel(kernel, [labels.type, .float])
    }

    var width: WidthDemand { .length(scores.featureCount) }

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        let columns = labels.labels.count
        let rows = try scores.compute(operands, columns: columns, into: &results[1])
        if scores.targetCount < columns {
            for row in 0..<rows {
                results[1].floats[2 * row] = 1 - results[1].floats[2 * row + 1]
            }
        }
        let all = results[1].floats
        try labels.choose(all.span, rows: rows, into: &results[0], most: operands.most)
    }
}

/// `LinearRegressor`: values of rows × targets.
struct LinearRegressorKernel: Kernel {
    private let scores: LinearScores

    static func define(_ node: inout NodeRequest) throws(ModelError) -> OperatorDefinition.Result {
        guard let targets = Int(exactly: try node.integer("targets", default: 1)) else {
            throw node.fault(found: "too many targets", expected: "a number of columns")
        }
        let scores = try LinearScores(&node, columns: targets, as: .regressor)
        return .kernel(LinearRegressorKernel(scores: scores), [.float])
    }

    var width: WidthDemand { .length(scores.featureCount) }

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        _ = try scores.compute(operands, columns: scores.targetCount, into: &results[0])
    }
}
