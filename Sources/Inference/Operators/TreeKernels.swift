// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// A kernel that walks trees.
protocol TreeKernel: Kernel {
    var ensemble: TreeEnsemble { get }
}

extension TreeKernel {
    var width: WidthDemand { .length(max(ensemble.featureCount, 1)) }

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        var scratch = TreeScratch()
        try run(operands, into: &results, using: &scratch)
    }

    /// Scores every row of the first operand.
    ///
    /// - Returns: The number of rows.
    func score(
        _ operands: Operands,
        into result: inout Tensor,
        using scratch: inout TreeScratch
    ) throws(KernelFault) -> Int {
        let (rows, width) = try operands.matrix(0)
        guard width >= ensemble.featureCount else {
            throw .shape(
                found: operands.shape(0),
                expected: "at least \(ensemble.featureCount) columns"
            )
        }
        try result.prepare(.float, rows: rows, width: ensemble.outputWidth, most: operands.most)
        var target = result.floats.mutableSpan
        switch operands.element(0) {
        case .float:
            let source = operands.floats(0)
            ensemble.scores(
                source.span,
                rows: rows,
                stride: width,
                into: &target,
                using: &scratch
            )
        case .double:
            let source = operands.doubles(0)
            ensemble.scores(
                source.span,
                rows: rows,
                stride: width,
                into: &target,
                using: &scratch
            )
        default:
            // Whole numbers are compared as floats, as in ONNX Runtime.
            let source = operands.singleNumbers(0)
            ensemble.scores(
                source.span,
                rows: rows,
                stride: width,
                into: &target,
                using: &scratch
            )
        }
        return rows
    }
}

/// `TreeEnsembleClassifier`: labels, and scores of rows × classes.
struct TreeClassifierKernel: TreeKernel {
    let ensemble: TreeEnsemble
    let labels: LabelTable

    static func define(_ node: inout NodeRequest) throws(ModelError) -> OperatorDefinition.Result {
        _ = try node.type(0, DataType.isNumeric, "numbers")
        let labels = try LabelTable(&node, integers: "classlabels_int64s")
        let attributes = try TreeEnsembleAttributes(
            &node,
            votes: "class",
            targetCount: labels.labels.count
        )
        let ensemble = try node.ensemble(attributes, as: .classifier)
        guard ensemble.outputWidth == labels.labels.count else {
            throw node.fault(
                found: "\(labels.labels.count) labels",
                expected: "\(ensemble.outputWidth), as there are scores"
            )
        }
        let kernel = TreeClassifierKernel(ensemble: ensemble, labels: labels)
        return .kernel(kernel, [labels.type, .float])
    }

    func run(
        _ operands: Operands,
        into results: inout [Tensor],
        using scratch: inout TreeScratch
    ) throws(KernelFault) {
        let rows = try score(operands, into: &results[1], using: &scratch)
        let scores = results[1].floats
        try labels.choose(scores.span, rows: rows, into: &results[0], most: operands.most)
    }
}

/// `TreeEnsembleRegressor`: values of rows × targets.
struct TreeRegressorKernel: TreeKernel {
    let ensemble: TreeEnsemble

    static func define(_ node: inout NodeRequest) throws(ModelError) -> OperatorDefinition.Result {
        _ = try node.type(0, DataType.isNumeric, "numbers")
        guard let targets = Int(exactly: try node.integer("n_targets", default: 1)), targets > 0
        else { throw node.fault(found: "n_targets below 1", expected: "at least one") }
        var attributes = try TreeEnsembleAttributes(&node, votes: "target", targetCount: targets)
        attributes.aggregation = try node.choice("aggregate_function", default: .sum)
        let ensemble = try node.ensemble(attributes, as: .regressor)
        return .kernel(TreeRegressorKernel(ensemble: ensemble), [.float])
    }

    func run(
        _ operands: Operands,
        into results: inout [Tensor],
        using scratch: inout TreeScratch
    ) throws(KernelFault) {
        _ = try score(operands, into: &results[0], using: &scratch)
    }
}

extension TreeEnsembleAttributes {
    /// Takes the attributes out of a node; the names of the votes' lists begin with `votes`, which is
    /// `class` or `target`.
    fileprivate init(
        _ node: inout NodeRequest,
        votes: String,
        targetCount: Int
    ) throws(ModelError) {
        treeIDs = try node.integers("nodes_treeids") ?? []
        nodeIDs = try node.integers("nodes_nodeids") ?? []
        featureIDs = try node.integers("nodes_featureids") ?? []
        modes = try node.texts("nodes_modes") ?? []
        thresholds = try node.numbers("nodes_values")
        trueNodeIDs = try node.integers("nodes_truenodeids") ?? []
        falseNodeIDs = try node.integers("nodes_falsenodeids") ?? []
        missingTracksTrue = try node.integers("nodes_missing_value_tracks_true") ?? []
        voteTreeIDs = try node.integers("\(votes)_treeids") ?? []
        voteNodeIDs = try node.integers("\(votes)_nodeids") ?? []
        voteTargetIDs = try node.integers("\(votes)_ids") ?? []
        voteWeights = try node.numbers("\(votes)_weights")
        baseValues = try node.numbers("base_values")
        postTransform = try node.choice("post_transform", default: .none)
        self.targetCount = targetCount
        // How often a node was reached in training.
        node.ignore("nodes_hitrates", "nodes_hitrates_as_tensor")
    }
}

extension NodeRequest {
    /// Numbers as floats, or in a tensor that may hold doubles.
    fileprivate mutating func numbers(_ name: String) throws(ModelError) -> [Double] {
        let floats = try floats(name) ?? []
        guard let tensor = try tensor("\(name)_as_tensor")?.tensor else {
            return floats.map { Double($0) }
        }
        return tensor.element == .double ? tensor.doubles : tensor.floats.map { Double($0) }
    }

    fileprivate func ensemble(
        _ attributes: TreeEnsembleAttributes,
        as kind: TreeEnsemble.Kind
    ) throws(ModelError) -> TreeEnsemble {
        do { return try TreeEnsemble(attributes, as: kind) } catch {
            throw fault(found: error.description, expected: "trees that hang together")
        }
    }
}
