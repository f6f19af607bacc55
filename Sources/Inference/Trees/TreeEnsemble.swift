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

    /// Floats where they hold every threshold and weight, which is what converters write.
    private enum Numbers: Sendable {
        case floats(Forest<Float>)
        case doubles(Forest<Double>)
    }

    /// The least width of an input row.
    package let featureCount: Int
    /// Scores a row.
    package var outputWidth: Int { rule.width }
    /// Nodes and leaves that the graph lists.
    package let nodeCount: Int
    /// Trees that the graph lists.
    package let treeCount: Int
    private let forest: Numbers
    private let rule: ScoreRule
    private let votes: VoteCounting

    /// Checks the attributes of an ensemble, and lays its trees out.
    ///
    /// - Throws: `TreeEnsembleFault`.
    /// - Complexity: O(nodes + votes).
    package init(_ attributes: TreeEnsembleAttributes, as kind: Kind) throws(TreeEnsembleFault) {
        let topology = try TreeTopology(attributes)
        nodeCount = topology.modes.count
        treeCount = topology.roots.count
        rule = try ScoreRule(attributes, as: kind, treeCount: treeCount)
        let aggregation = kind == .classifier ? .sum : attributes.aggregation
        let isSum = aggregation == .sum || aggregation == .average
        let targets = isSum ? topology.targetsOfTrees() : nil
        votes = VoteCounting(topology.votes, aggregation: aggregation, targets: targets)
        func holdsFloat(_ value: Double) -> Bool { value.isNaN || Double(Float(value)) == value }
        // A threshold that is none, in a leaf, does not matter; a weight only if it stands in its leaf.
        let isFloat =
            attributes.thresholds.indices.allSatisfy {
                topology.modes[$0] == .leaf || holdsFloat(attributes.thresholds[$0])
            } && (targets == nil || topology.votes.weights.allSatisfy(holdsFloat))
        if isFloat {
            let forest = ForestBuilder<Float>(attributes, topology, targets: targets).build()
            self.forest = .floats(forest)
            featureCount = forest.featureCount
        } else {
            let forest = ForestBuilder<Double>(attributes, topology, targets: targets).build()
            self.forest = .doubles(forest)
            featureCount = forest.featureCount
        }
    }

    /// Scores rows of floats.
    ///
    /// - Parameters:
    ///   - input: Row-major, at least `featureCount` of every `stride` elements.
    ///   - rows: How many rows are scored.
    ///   - stride: From the beginning of a row to that of the next.
    ///   - output: `rows` × `outputWidth` scores.
    /// - Complexity: O(rows · (trees · depth + votes)).
    package func scores(
        _ input: Span<Float>,
        rows: Int,
        stride: Int,
        into output: inout MutableSpan<Float>
    ) {
        switch forest {
        case .floats(let forest): walk(forest, input, rows, stride, &output)
        case .doubles(let forest): walk(forest, input, rows, stride, &output)
        }
    }

    /// Scores rows of doubles, which are compared with the thresholds as doubles are.
    package func scores(
        _ input: Span<Double>,
        rows: Int,
        stride: Int,
        into output: inout MutableSpan<Float>
    ) {
        switch forest {
        case .floats(let forest): walk(forest, input, rows, stride, &output)
        case .doubles(let forest): walk(forest, input, rows, stride, &output)
        }
    }

    private func walk<Number, Value: BinaryFloatingPoint>(
        _ forest: Forest<Number>,
        _ input: Span<Value>,
        _ rows: Int,
        _ stride: Int,
        _ output: inout MutableSpan<Float>
    ) {
        var row = [Number](repeating: -.infinity, count: forest.columns.count + 1)
        var sums = [Double](repeating: 0, count: outputWidth)
        var isVoted = [Bool](repeating: false, count: outputWidth)
        for index in 0..<rows {
            for (number, column) in forest.columns.enumerated() {
                row[number] = column.number(of: input[index * stride + column.feature])
            }
            for target in sums.indices {
                sums[target] = 0
                isVoted[target] = false
            }
            for tree in forest.trees {
                var node = forest.nodes[tree.root]
                var place = tree.root
                for _ in 0..<tree.depth {
                    place = Int(node.left)
                    if !(row[Int(node.column)] <= node.threshold) { place += 1 }
                    node = forest.nodes[place]
                }
                if forest.votes.isEmpty {
                    sums[tree.target] += Double(node.threshold)
                    isVoted[tree.target] = true
                } else {
                    votes.count(forest.votes[place], &sums, &isVoted)
                }
            }
            var all = sums.mutableSpan
            var scores = output._mutatingExtracting(index * outputWidth..<(index + 1) * outputWidth)
            rule.finish(&all, isVoted: isVoted.span, into: &scores)
        }
    }
}

/// Puts the votes of the leaves together.
struct VoteCounting: Sendable {
    private let votes: LeafVotes
    private let aggregation: TreeEnsembleAttributes.Aggregation

    init(_ votes: LeafVotes, aggregation: TreeEnsembleAttributes.Aggregation, targets: [Int32]?) {
        self.votes = votes
        self.aggregation = aggregation
    }

    func count(_ range: Range<Int32>, _ sums: inout [Double], _ isVoted: inout [Bool]) {
        for vote in Int(range.lowerBound)..<Int(range.upperBound) {
            let (target, weight) = (Int(votes.targets[vote]), votes.weights[vote])
            switch aggregation {
            case .sum, .average: sums[target] += weight
            case .minimum: if !isVoted[target] || weight < sums[target] { sums[target] = weight }
            case .maximum: if !isVoted[target] || weight > sums[target] { sums[target] = weight }
            }
            isVoted[target] = true
        }
    }
}

extension ForestColumn {
    /// What stands in the column for a value of the feature.
    @inline(__always)
    func number<Number: BinaryFloatingPoint, Value: BinaryFloatingPoint>(
        of value: Value
    ) -> Number {
        let value = isNegated ? -value : value
        let number = Number(value)
        // Only a double among floats can be rounded.
        guard Value.significandBitCount > Number.significandBitCount else { return number }
        if roundsUp { return Value(number) < value ? number.nextUp : number }
        return Value(number) > value ? number.nextDown : number
    }
}
