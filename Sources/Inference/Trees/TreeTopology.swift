// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The nodes of an ensemble as trees: every array is of its length, every child is there, and no
/// node leads back to itself, so any walk from a root ends at a leaf.
///
/// Branches may share a child: LightGBM's converter writes "is one of these categories" as a chain
/// of equalities that all lead to the same node.
struct TreeTopology {
    /// By position in the attributes.
    let modes: [BranchMode]
    /// The position of each branch's child; -1 for a leaf.
    let trueChildren: [Int32]
    let falseChildren: [Int32]
    /// How many times branches that are reached name each node as their child.
    let references: [Int32]
    /// The position of each tree's root, in the order in which the trees come.
    let roots: [Int32]
    let votes: LeafVotes
    private let treeOfNode: [Int32]

    /// Checks attributes.
    ///
    /// - Throws: `TreeEnsembleFault`, for the first fault that is found.
    /// - Complexity: O(nodes + votes).
    init(
        _ attributes: TreeEnsembleAttributes,
        limits: TreeEnsembleLimits
    ) throws(TreeEnsembleFault) {
        try Self.checkLengths(attributes, limits)
        let index = try NodeIndex(treeIDs: attributes.treeIDs, nodeIDs: attributes.nodeIDs)
        modes = try Self.modes(attributes, limits)
        roots = index.roots
        treeOfNode = index.treeOfNode
        (trueChildren, falseChildren) = try Self.children(attributes, modes, index)
        references = Self.references(trueChildren, falseChildren, roots)
        votes = try LeafVotes(attributes, modes: modes, index: index)
        if let node = loop() {
            throw .loop(tree: attributes.treeIDs[node], node: attributes.nodeIDs[node])
        }
    }

    /// What the leaves of each tree vote for, if each has one vote and those of a tree agree.
    func targetsOfTrees() -> [Int32]? {
        var targets = [Int32](repeating: -1, count: roots.count)
        for position in modes.indices where modes[position] == .leaf {
            let votes = votes.range(of: position)
            let tree = Int(treeOfNode[position])
            guard votes.count == 1, case let target = self.votes.targets[votes.lowerBound],
                targets[tree] == -1 || targets[tree] == target,
                !self.votes.weights[votes.lowerBound].isNaN
            else { return nil }
            targets[tree] = target
        }
        return targets
    }

    private static func checkLengths(
        _ attributes: TreeEnsembleAttributes,
        _ limits: TreeEnsembleLimits
    ) throws(TreeEnsembleFault) {
        let count = attributes.treeIDs.count
        func check(_ array: String, _ found: Int, _ expected: Int) throws(TreeEnsembleFault) {
            guard found == expected else {
                throw .lengthsDiffer(array: array, found: found, expected: expected)
            }
        }
        guard count > 0 else { throw .empty }
        guard count <= limits.nodes else {
            throw .tooMany("nodes", found: count, limit: limits.nodes)
        }
        try check("nodeids", attributes.nodeIDs.count, count)
        try check("featureids", attributes.featureIDs.count, count)
        try check("modes", attributes.modes.count, count)
        try check("values", attributes.thresholds.count, count)
        try check("truenodeids", attributes.trueNodeIDs.count, count)
        try check("falsenodeids", attributes.falseNodeIDs.count, count)
        if !attributes.missingTracksTrue.isEmpty {
            try check("missing_value_tracks_true", attributes.missingTracksTrue.count, count)
        }
        let votes = attributes.voteTreeIDs.count
        guard votes <= limits.votes else {
            throw .tooMany("votes", found: votes, limit: limits.votes)
        }
        try check("vote nodeids", attributes.voteNodeIDs.count, votes)
        try check("vote ids", attributes.voteTargetIDs.count, votes)
        try check("vote weights", attributes.voteWeights.count, votes)
    }

    private static func modes(
        _ attributes: TreeEnsembleAttributes,
        _ limits: TreeEnsembleLimits
    ) throws(TreeEnsembleFault) -> [BranchMode] {
        var modes: [BranchMode] = []
        modes.reserveCapacity(attributes.modes.count)
        for (position, name) in attributes.modes.enumerated() {
            let (tree, node) = (attributes.treeIDs[position], attributes.nodeIDs[position])
            guard let mode = BranchMode(name) else {
                throw .unknownMode(tree: tree, node: node, mode: name)
            }
            let feature = attributes.featureIDs[position]
            let limit = limits.highestFeature
            // What a leaf names as its feature means nothing.
            guard mode == .leaf || 0...Int64(limit) ~= feature else {
                throw .feature(tree: tree, node: node, found: feature, limit: limit)
            }
            modes.append(mode)
        }
        return modes
    }

    private static func children(
        _ attributes: TreeEnsembleAttributes,
        _ modes: [BranchMode],
        _ index: NodeIndex
    ) throws(TreeEnsembleFault) -> (whenTrue: [Int32], whenFalse: [Int32]) {
        var whenTrue = [Int32](repeating: -1, count: modes.count)
        var whenFalse = whenTrue
        func child(_ id: Int64, of position: Int) throws(TreeEnsembleFault) -> Int32 {
            let (tree, node) = (attributes.treeIDs[position], attributes.nodeIDs[position])
            guard let child = index.position(tree: tree, node: id) else {
                throw .missingChild(tree: tree, node: node, child: id)
            }
            return Int32(child)
        }
        for position in modes.indices where modes[position] != .leaf {
            whenTrue[position] = try child(attributes.trueNodeIDs[position], of: position)
            whenFalse[position] = try child(attributes.falseNodeIDs[position], of: position)
        }
        return (whenTrue, whenFalse)
    }

    /// Counts references, from the roots on: nodes that are not reached do no harm.
    private static func references(
        _ trueChildren: [Int32],
        _ falseChildren: [Int32],
        _ roots: [Int32]
    ) -> [Int32] {
        var references = [Int32](repeating: 0, count: trueChildren.count)
        var pending = roots
        while let node = pending.popLast() {
            for child in [trueChildren[Int(node)], falseChildren[Int(node)]] where child >= 0 {
                references[Int(child)] += 1
                // A root is pending from the start.
                if references[Int(child)] == 1 { pending.append(child) }
            }
        }
        return references
    }

    /// A node in a loop or behind one, if there is one.
    ///
    /// Taking away again and again what nobody refers to leaves nothing but loops and what they lead
    /// to (A. B. Kahn, 1962, Topological sorting of large networks).
    private func loop() -> Int? {
        if let root = roots.first(where: { references[Int($0)] > 0 }) { return Int(root) }
        // Where no node is shared, what is reached from a root is a tree.
        guard references.contains(where: { $0 > 1 }) else { return nil }
        var left = references
        var pending = roots
        while let node = pending.popLast() {
            for child in [trueChildren[Int(node)], falseChildren[Int(node)]] where child >= 0 {
                left[Int(child)] -= 1
                if left[Int(child)] == 0 { pending.append(child) }
            }
        }
        return left.firstIndex { $0 > 0 }
    }
}
