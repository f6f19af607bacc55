// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Inference

/// The plainest reading of the attributes, node by node through dictionaries: the oracle of walks.
struct NaiveEnsemble {
    private struct Key: Hashable {
        var tree: Int64
        var node: Int64
    }

    private let attributes: TreeEnsembleAttributes
    private var positions: [Key: Int] = [:]
    private var votes: [Key: [(target: Int, weight: Double)]] = [:]
    private var roots: [Key] = []

    init(_ attributes: TreeEnsembleAttributes) {
        self.attributes = attributes
        for (position, tree) in attributes.treeIDs.enumerated() {
            let key = Key(tree: tree, node: attributes.nodeIDs[position])
            if !roots.contains(where: { $0.tree == tree }) { roots.append(key) }
            positions[key] = position
        }
        for (vote, tree) in attributes.voteTreeIDs.enumerated() {
            votes[Key(tree: tree, node: attributes.voteNodeIDs[vote]), default: []].append(
                (Int(attributes.voteTargetIDs[vote]), attributes.voteWeights[vote])
            )
        }
    }

    /// The aggregate of the votes for each target, without base values and transform; NaN where
    /// there is no vote.
    func aggregates<Value: BinaryFloatingPoint>(of row: [Value]) -> [Double] {
        var met = [[Double]](repeating: [], count: attributes.targetCount)
        for root in roots {
            for vote in votes[leaf(from: root, row)] ?? [] { met[vote.target].append(vote.weight) }
        }
        return met.map { weights in
            guard let first = weights.first else { return .nan }
            return switch attributes.aggregation {
            case .sum: weights.reduce(0, +)
            case .average: weights.reduce(0, +) / Double(roots.count)
            case .minimum: weights.reduce(first, min)
            case .maximum: weights.reduce(first, max)
            }
        }
    }

    private func leaf<Value: BinaryFloatingPoint>(from root: Key, _ row: [Value]) -> Key {
        var key = root
        while let position = positions[key], attributes.modes[position] != "LEAF" {
            let value = Double(row[Int(attributes.featureIDs[position])])
            let isTrue =
                holds(attributes.modes[position], value, attributes.thresholds[position])
                || value.isNaN && attributes.missingTracksTrue[position] == 1
            key.node = (isTrue ? attributes.trueNodeIDs : attributes.falseNodeIDs)[position]
        }
        return key
    }

    private func holds(_ mode: String, _ value: Double, _ threshold: Double) -> Bool {
        switch mode {
        case "BRANCH_LEQ": value <= threshold
        case "BRANCH_LT": value < threshold
        case "BRANCH_GTE": value >= threshold
        case "BRANCH_GT": value > threshold
        case "BRANCH_EQ": value == threshold
        default: value != threshold
        }
    }
}
