// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The position of each node by its tree's and its own id.
///
/// Converters number the nodes of a tree almost without gaps: such a tree has a row of a table. The
/// ids of any other tree are hashed.
///
/// - Complexity: O(nodes) to build and in size, O(1) a look-up.
struct NodeIndex {
    private struct Tree {
        var id: Int64
        var root: Int32
        var count = 0
        var lowestID: Int64
        var highestID: Int64
        /// Where its row of the table begins; -1 if its ids are hashed.
        var row = -1

        /// The length of its row, if that is in proportion to its nodes.
        var width: Int? {
            let (span, isHuge) = highestID.subtractingReportingOverflow(lowestID)
            return isHuge || span >= 8 * Int64(count) ? nil : Int(span) + 1
        }
    }

    private struct Key: Hashable {
        var tree: Int
        var node: Int64
    }

    /// The tree of each node, counted in the order in which the trees come.
    private(set) var treeOfNode: [Int32] = []
    private var trees: [Tree] = []
    private var ordinals: [Int64: Int] = [:]
    private var table: [Int32] = []
    private var hashed: [Key: Int32] = [:]

    /// Indexes nodes.
    ///
    /// - Parameters:
    ///   - treeIDs: The tree of each node, at most `Int32.max`.
    ///   - nodeIDs: The id of each node, as many.
    /// - Throws: `TreeEnsembleFault.duplicateNode`.
    init(treeIDs: [Int64], nodeIDs: [Int64]) throws(TreeEnsembleFault) {
        gather(treeIDs: treeIDs, nodeIDs: nodeIDs)
        for tree in trees.indices {
            guard let width = trees[tree].width else { continue }
            trees[tree].row = table.count
            table.append(contentsOf: repeatElement(-1, count: width))
        }
        for position in nodeIDs.indices {
            let (tree, node) = (Int(treeOfNode[position]), nodeIDs[position])
            guard insert(Int32(position), tree: tree, node: node) else {
                throw .duplicateNode(tree: trees[tree].id, node: node)
            }
        }
    }

    /// The root of each tree, the first of its nodes that is listed, in the order of the trees.
    var roots: [Int32] { trees.map(\.root) }

    /// The position of a node, if there is one.
    func position(tree: Int64, node: Int64) -> Int? {
        guard let tree = ordinals[tree] else { return nil }
        let row = trees[tree].row
        if row < 0 { return hashed[Key(tree: tree, node: node)].map(Int.init) }
        guard trees[tree].lowestID <= node, node <= trees[tree].highestID else { return nil }
        let position = table[row + Int(node - trees[tree].lowestID)]
        return position < 0 ? nil : Int(position)
    }

    /// Makes the trees.
    private mutating func gather(treeIDs: [Int64], nodeIDs: [Int64]) {
        treeOfNode.reserveCapacity(treeIDs.count)
        var tree = 0
        for (position, id) in treeIDs.enumerated() {
            let node = nodeIDs[position]
            // The nodes of a tree come one after the other, mostly.
            if position == 0 || trees[tree].id != id {
                tree = ordinals[id] ?? trees.count
            }
            if tree == trees.count {
                ordinals[id] = tree
                let root = Int32(position)
                trees.append(Tree(id: id, root: root, lowestID: node, highestID: node))
            }
            trees[tree].count += 1
            trees[tree].lowestID = min(trees[tree].lowestID, node)
            trees[tree].highestID = max(trees[tree].highestID, node)
            treeOfNode.append(Int32(tree))
        }
    }

    /// Whether the id was free.
    private mutating func insert(_ position: Int32, tree: Int, node: Int64) -> Bool {
        let row = trees[tree].row
        if row < 0 {
            return hashed.updateValue(position, forKey: Key(tree: tree, node: node)) == nil
        }
        let place = row + Int(node - trees[tree].lowestID)
        guard table[place] < 0 else { return false }
        table[place] = position
        return true
    }
}
