// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The trees of an ensemble, flattened for walks without a branch.
///
/// A step goes from a node to `left`, or to the node after it unless column ≤ threshold. A leaf
/// leads to itself, since its column holds −∞: so all walks of a tree may take as many steps as the
/// longest. The levels of a tree follow one another, the ones that every walk passes first.
struct Forest<Number: BinaryFloatingPoint & Sendable>: Sendable {
    struct Node: Sendable {
        /// What the column is compared with; in a leaf its weight, where each has just one.
        var threshold: Number
        var column: UInt32
        /// The child if the comparison holds; the other is the next.
        var left: UInt32
    }

    /// A tree of it.
    struct Tree: Sendable {
        var root: Int
        /// Steps after which every walk is at a leaf.
        var depth: Int
        /// What its leaves vote for, where they all vote for the same.
        var target: Int
    }

    let nodes: [Node]
    let trees: [Tree]
    /// What the nodes look at; one more column follows, of −∞, for the leaves.
    let columns: [ForestColumn]
    /// The votes of each node, where a leaf may have several; else empty.
    let votes: [Range<Int32>]

    /// The least width of a row.
    var featureCount: Int { columns.reduce(0) { max($0, $1.feature + 1) } }
}
