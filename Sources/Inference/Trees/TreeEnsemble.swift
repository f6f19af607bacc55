// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// A compiled ensemble of decision trees, the operators `TreeEnsembleClassifier` and
/// `TreeEnsembleRegressor` of ai.onnx.ml.
///
/// Rows take the same way whether they come as floats or doubles, alone or with others: the scores
/// are the same bit for bit.
package struct TreeEnsemble: Sendable {
    /// Which of the two operators it is.
    package enum Kind: Sendable { case classifier, regressor }

    private enum Trees: Sendable {
        case narrow(Forest<NarrowNode>)
        case wide(Forest<WideNode>)
    }

    /// The least width of an input row.
    package let featureCount: Int
    /// Scores a row.
    package var outputWidth: Int { rule.width }
    /// Nodes and leaves that the graph lists.
    package let nodeCount: Int
    /// Trees that the graph lists.
    package let treeCount: Int
    private let forest: Trees
    private let rule: ScoreRule
    private let counting: VoteCounting

    /// Checks the attributes of an ensemble, and lays its trees out.
    ///
    /// - Parameters:
    ///   - attributes: As they stand in the graph.
    ///   - kind: Of which operator.
    ///   - limits: On what the graph may ask for.
    /// - Throws: `TreeEnsembleFault`.
    /// - Complexity: O(nodes + votes).
    package init(
        _ attributes: TreeEnsembleAttributes,
        as kind: Kind,
        limits: TreeEnsembleLimits = TreeEnsembleLimits()
    ) throws(TreeEnsembleFault) {
        let topology = try TreeTopology(attributes, limits: limits)
        nodeCount = topology.modes.count
        treeCount = topology.roots.count
        rule = try ScoreRule(attributes, as: kind, treeCount: treeCount, limits: limits)
        let aggregation = kind == .classifier ? .sum : attributes.aggregation
        let isSum = aggregation == .sum || aggregation == .average
        let targets = isSum ? topology.targetsOfTrees() : nil
        if let targets, let first = targets.first {
            let isOne = targets.allSatisfy { $0 == first }
            counting = isOne ? .oneTarget(Int(first)) : .targetOfTree
        } else {
            counting = .ofLeaf(topology.votes, aggregation)
        }
        forest = try Self.pack(attributes, topology, targets)
        featureCount =
            switch forest {
            case .narrow(let forest): forest.columns.featureCount
            case .wide(let forest): forest.columns.featureCount
            }
    }

    /// Narrow nodes hold what converters write; doubles and the very large need wide ones.
    private static func pack(
        _ attributes: TreeEnsembleAttributes,
        _ topology: TreeTopology,
        _ targets: [Int32]?
    ) throws(TreeEnsembleFault) -> Trees {
        func layout(_ precision: ForestBuilder.Precision) -> ForestLayout {
            ForestBuilder(attributes, topology, targets: targets, precision: precision).build()
        }
        let hasFloats = attributes.thresholds.indices.allSatisfy {
            let threshold = attributes.thresholds[$0]
            return topology.modes[$0] == .leaf || threshold.isNaN
                || Double(Float(threshold)) == threshold
        }
        if hasFloats, let forest = Forest<NarrowNode>(layout(.float)) { return .narrow(forest) }
        guard let forest = Forest<WideNode>(layout(.double)) else {
            let limit = TreeEnsembleLimits.mostNodes
            throw .tooMany("nodes", found: topology.modes.count, limit: limit)
        }
        return .wide(forest)
    }

    /// Scores rows of floats.
    ///
    /// - Parameters:
    ///   - input: Row-major, at least `featureCount` of every `stride` elements.
    ///   - rows: How many rows are scored.
    ///   - stride: From the beginning of a row to that of the next.
    ///   - output: `rows` × `outputWidth` scores.
    ///   - scratch: Any; with the one of the call before nothing is allocated.
    /// - Complexity: O(rows · (trees · depth + votes)).
    package func scores(
        _ input: Span<Float>,
        rows: Int,
        stride: Int,
        into output: inout MutableSpan<Float>,
        using scratch: inout TreeScratch
    ) {
        scores(of: input, rows, stride, &output, &scratch)
    }

    /// Scores rows of doubles, which are compared with the thresholds as doubles are.
    package func scores(
        _ input: Span<Double>,
        rows: Int,
        stride: Int,
        into output: inout MutableSpan<Float>,
        using scratch: inout TreeScratch
    ) {
        scores(of: input, rows, stride, &output, &scratch)
    }

    /// Scores rows of floats with a scratch of its own.
    package func scores(
        _ input: Span<Float>,
        rows: Int,
        stride: Int,
        into output: inout MutableSpan<Float>
    ) {
        var scratch = TreeScratch()
        scores(of: input, rows, stride, &output, &scratch)
    }

    /// Scores rows of doubles with a scratch of its own.
    package func scores(
        _ input: Span<Double>,
        rows: Int,
        stride: Int,
        into output: inout MutableSpan<Float>
    ) {
        var scratch = TreeScratch()
        scores(of: input, rows, stride, &output, &scratch)
    }

    @inline(__always)
    private func scores<Value: BinaryFloatingPoint>(
        of input: Span<Value>,
        _ rows: Int,
        _ stride: Int,
        _ output: inout MutableSpan<Float>,
        _ scratch: inout TreeScratch
    ) {
        scratch.tally.prepare(width: outputWidth)
        switch forest {
        case .narrow(let forest):
            score(input, rows, stride, forest, &scratch.floats, &scratch.tally, &output)
        case .wide(let forest):
            score(input, rows, stride, forest, &scratch.doubles, &scratch.tally, &output)
        }
    }

    private func score<Node, Value: BinaryFloatingPoint>(
        _ input: Span<Value>,
        _ rows: Int,
        _ stride: Int,
        _ forest: Forest<Node>,
        _ block: inout RowBlock<Node.Number>,
        _ tally: inout VoteTally,
        _ output: inout MutableSpan<Float>
    ) {
        block.prepare(for: forest.columns)
        var row = 0
        while row < rows {
            let count = rows - row < Lanes.count ? 1 : Lanes.count
            let start = row * stride
            if count == 1 {
                block.fill(forest.columns, withRowOf: input, at: start)
                tally.countRow(block, forest, counting)
            } else {
                block.fill(forest.columns, withRowsOf: input, at: start, stride: stride)
                tally.countRows(block, forest, counting)
            }
            tally.finish(count, by: rule, into: &output, at: row * outputWidth)
            row += count
        }
    }
}

/// What scoring needs beside its input and output, kept from call to call.
package struct TreeScratch: Sendable {
    fileprivate var floats = RowBlock<Float>()
    fileprivate var doubles = RowBlock<Double>()
    fileprivate var tally = VoteTally()

    /// Makes a scratch that will fit itself to the first ensemble that uses it.
    package init() {}
}
