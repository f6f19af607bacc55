// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Why a run gave no answer.
package enum RunError: Error, Sendable, Equatable {
    /// A number of rows below 0.
    case negativeRows(Int)
    /// An input holds another number of elements than rows × width.
    case inputCount(name: String, found: Int, expected: Int)
    /// An output came out with another number of elements than rows × width: the graph mixes rows.
    case outputCount(name: String, found: Int, expected: Int)
    /// The number of inputs is not the graph's, or the workspace is another model's.
    case foreignWorkspace
    /// A node could not compute its results.
    case node(NodeReference, KernelFault)
}

/// What a node met in the values of one run.
package enum KernelFault: Error, Sendable, Equatable {
    /// A shape that the operator cannot take.
    case shape(found: [Int], expected: String)
    /// A value that the operator cannot take.
    case value(found: String, expected: String)
    /// More elements than a run may hold.
    case tooLarge(most: Int)
    /// More operations than a run may take.
    case tooLong(most: Int)
}

extension RunError: CustomStringConvertible {
    /// One sentence: where, what was found, what was expected.
    package var description: String {
        switch self {
        case .negativeRows(let rows): "found \(rows) rows, expected 0 or more"
        case .inputCount(let name, let found, let expected):
            "input \"\(name)\": found \(found) elements, expected \(expected)"
        case .outputCount(let name, let found, let expected):
            "output \"\(name)\": found \(found) elements, expected \(expected)"
        case .foreignWorkspace: "found the workspace of another model, expected this one's"
        case .node(let node, let fault): "\(node): \(fault)"
        }
    }
}

extension KernelFault: CustomStringConvertible {
    /// What was found and what was expected.
    package var description: String {
        switch self {
        case .shape(let found, let expected): "found shape \(found), expected \(expected)"
        case .value(let found, let expected): "found \(found), expected \(expected)"
        case .tooLarge(let most): "the run needs more than \(most) elements"
        case .tooLong(let most): "the run needs more than \(most) operations"
        }
    }
}
