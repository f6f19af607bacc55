// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What the leaves vote for, one leaf after the other.
struct LeafVotes: Sendable {
    /// Where the votes of each node begin, by position in the attributes, and where the last end.
    private var starts: [Int32]
    /// The target or class of each vote.
    private(set) var targets: [Int32]
    /// The weight of each vote.
    private(set) var weights: [Double]

    /// Sorts votes by their leaves; those of one leaf stay in their order.
    ///
    /// - Throws: `TreeEnsembleFault` if a vote's node or target does not exist.
    /// - Complexity: O(nodes + votes).
    init(
        _ attributes: TreeEnsembleAttributes,
        modes: [BranchMode],
        index: NodeIndex
    ) throws(TreeEnsembleFault) {
        let positions = try Self.positions(attributes, modes: modes, index: index)
        starts = [Int32](repeating: 0, count: modes.count + 1)
        for position in positions where position >= 0 { starts[Int(position) + 1] += 1 }
        for node in modes.indices { starts[node + 1] += starts[node] }
        targets = [Int32](repeating: 0, count: Int(starts[modes.count]))
        weights = [Double](repeating: 0, count: Int(starts[modes.count]))
        var next = starts
        for (vote, position) in positions.enumerated() where position >= 0 {
            let place = Int(next[Int(position)])
            targets[place] = Int32(attributes.voteTargetIDs[vote])
            weights[place] = attributes.voteWeights[vote]
            next[Int(position)] += 1
        }
    }

    /// The votes of a node.
    func range(of position: Int) -> Range<Int> {
        Int(starts[position])..<Int(starts[position + 1])
    }

    /// The node of each vote; -1 for a vote that no walk reaches.
    private static func positions(
        _ attributes: TreeEnsembleAttributes,
        modes: [BranchMode],
        index: NodeIndex
    ) throws(TreeEnsembleFault) -> [Int32] {
        var positions: [Int32] = []
        positions.reserveCapacity(attributes.voteTreeIDs.count)
        for (vote, target) in attributes.voteTargetIDs.enumerated() {
            let (tree, node) = (attributes.voteTreeIDs[vote], attributes.voteNodeIDs[vote])
            guard let position = index.position(tree: tree, node: node) else {
                throw .voteOfMissingNode(tree: tree, node: node)
            }
            guard 0..<Int64(attributes.targetCount) ~= target else {
                throw .voteForMissingTarget(
                    tree: tree,
                    node: node,
                    target: target,
                    targets: attributes.targetCount
                )
            }
            // Some converters give branches a vote of 0; nothing ever counts it.
            positions.append(modes[position] == .leaf ? Int32(position) : -1)
        }
        return positions
    }
}
