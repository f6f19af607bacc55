// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Inference
import TestSupport

extension TreeEnsembleAttributes {
    /// Adds a branch; the first node of a tree is its root.
    mutating func addBranch(
        tree: Int64 = 0,
        _ id: Int64,
        _ mode: String,
        feature: Int64,
        _ threshold: Double,
        true whenTrue: Int64,
        false whenFalse: Int64,
        missingTracksTrue: Bool = false
    ) {
        treeIDs.append(tree)
        nodeIDs.append(id)
        featureIDs.append(feature)
        modes.append(mode)
        thresholds.append(threshold)
        trueNodeIDs.append(whenTrue)
        falseNodeIDs.append(whenFalse)
        self.missingTracksTrue.append(missingTracksTrue ? 1 : 0)
    }

    /// Adds a leaf, and its votes.
    mutating func addLeaf(tree: Int64 = 0, _ id: Int64, _ votes: KeyValuePairs<Int64, Double> = [:])
    {
        addBranch(tree: tree, id, "LEAF", feature: 0, 0, true: 0, false: 0)
        for (target, weight) in votes { addVote(tree: tree, id, for: target, weight) }
    }

    /// Adds a vote of a leaf.
    mutating func addVote(tree: Int64, _ id: Int64, for target: Int64, _ weight: Double) {
        voteTreeIDs.append(tree)
        voteNodeIDs.append(id)
        voteTargetIDs.append(target)
        voteWeights.append(weight)
    }

    /// A regressor that answers `yes` where one branch is true, else `no`.
    static func stump(
        _ mode: String,
        _ threshold: Double,
        missingTracksTrue: Bool = false
    ) -> TreeEnsembleAttributes {
        var attributes = TreeEnsembleAttributes()
        attributes.addBranch(
            0,
            mode,
            feature: 0,
            threshold,
            true: 1,
            false: 2,
            missingTracksTrue: missingTracksTrue
        )
        attributes.addLeaf(1, [0: 1])
        attributes.addLeaf(2, [0: -1])
        return attributes
    }
}

extension TreeEnsemble {
    /// The scores of rows that are scored together.
    func scores(of rows: [[Float]]) -> [[Float]] {
        let (input, stride) = (rows.flatMap(\.self), rows.first?.count ?? 0)
        return split(rows.count) { output in
            scores(input.span, rows: rows.count, stride: stride, into: &output)
        }
    }

    /// The scores of rows that are scored together.
    func scores(of rows: [[Double]]) -> [[Float]] {
        let (input, stride) = (rows.flatMap(\.self), rows.first?.count ?? 0)
        return split(rows.count) { output in
            scores(input.span, rows: rows.count, stride: stride, into: &output)
        }
    }

    private func split(_ rows: Int, _ body: (inout MutableSpan<Float>) -> Void) -> [[Float]] {
        var output = [Float](repeating: .nan, count: rows * outputWidth)
        var span = output.mutableSpan
        body(&span)
        return (0..<rows).map { Array(output[$0 * outputWidth..<($0 + 1) * outputWidth]) }
    }
}
