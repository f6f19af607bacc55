// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Why the attributes of a tree ensemble are refused.
package enum TreeEnsembleFault: Error, Sendable, Equatable {
    /// Parallel arrays of different lengths; the names are ONNX's without their prefix.
    case lengthsDiffer(array: String, found: Int, expected: Int)
    /// No node at all.
    case empty
    /// More nodes or votes than a forest may have.
    case tooMany(String, found: Int, limit: Int)
    /// Targets or classes outside of 1 ... limit.
    case targetCount(found: Int, limit: Int)
    /// Neither none, one a target nor one for two classes.
    case baseValues(found: Int, targets: Int)
    /// Two nodes with one id in one tree.
    case duplicateNode(tree: Int64, node: Int64)
    /// A mode that ONNX does not know.
    case unknownMode(tree: Int64, node: Int64, mode: String)
    /// A branch to a node that its tree does not have.
    case missingChild(tree: Int64, node: Int64, child: Int64)
    /// A node that leads back to itself, or that is reached from such a one.
    case loop(tree: Int64, node: Int64)
    /// A feature outside of 0 ... limit.
    case feature(tree: Int64, node: Int64, found: Int64, limit: Int)
    /// A vote of a node that its tree does not have.
    case voteOfMissingNode(tree: Int64, node: Int64)
    /// A vote for a target or class that there is not.
    case voteForMissingTarget(tree: Int64, node: Int64, target: Int64, targets: Int)
}

extension TreeEnsembleFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .lengthsDiffer(let array, let found, let expected):
            "\(array) has \(found) elements, expected \(expected)"
        case .empty:
            "the ensemble has no nodes, expected at least one"
        case .tooMany(let what, let found, let limit):
            "the ensemble has \(found) \(what), expected at most \(limit)"
        case .targetCount(let found, let limit):
            "the ensemble has \(found) targets or classes, expected 1 to \(limit)"
        case .baseValues(let found, let targets):
            "base_values has \(found) elements, expected none or \(targets)"
        case .duplicateNode(let tree, let node):
            "tree \(tree) has two nodes with the id \(node)"
        case .unknownMode(let tree, let node, let mode):
            "node \(node) of tree \(tree) has the unknown mode \(mode.debugDescription)"
        case .missingChild(let tree, let node, let child):
            "node \(node) of tree \(tree) branches to node \(child), which the tree does not have"
        case .loop(let tree, let node):
            "node \(node) of tree \(tree) lies in or behind a loop, expected a tree"
        case .feature(let tree, let node, let found, let limit):
            "node \(node) of tree \(tree) tests feature \(found), expected 0 to \(limit)"
        case .voteOfMissingNode(let tree, let node):
            "a vote belongs to node \(node) of tree \(tree), which does not exist"
        case .voteForMissingTarget(let tree, let node, let target, let targets):
            """
            node \(node) of tree \(tree) votes for target or class \(target), \
            expected 0 to \(targets - 1)
            """
        }
    }
}
