// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// A node of a graph, as errors name it.
package struct NodeReference: Sendable, Equatable, CustomStringConvertible {
    /// The node's name; empty where it has none.
    package let name: String
    /// Its place in the graph's list.
    package let index: Int
    /// The operator, as `TreeEnsembleClassifier`.
    package let operation: String
    /// The operator's domain, as `ai.onnx.ml`; `ai.onnx` for the default one.
    package let domain: String
    /// The version of the domain's operator set that the model imports.
    package let version: Int

    /// As in `node 3 "probabilities" (Softmax, ai.onnx 18)`.
    package var description: String {
        let quoted = name.isEmpty ? "" : " \"\(name)\""
        return "node \(index)\(quoted) (\(operation), \(domain) \(version))"
    }
}

/// Why a model cannot be loaded.
package enum ModelError: Error, Sendable, Equatable {
    /// The bytes are no ONNX file.
    ///
    /// `path` names the message, as `graph.node[3].attribute[0]`; `offset` is its place in the file.
    case malformed(path: String, offset: Int, found: String, expected: String)
    /// The file claims more than is allowed.
    case limitExceeded(path: String, quantity: String, found: Int, most: Int)
    /// The file uses a part of the format that is not read.
    case unsupportedFeature(path: String, feature: String)
    /// Operators that are not known, or not in this version: all of them.
    case unsupportedOperators([NodeReference])
    /// A node does not fit its operator or what comes in.
    case invalidNode(NodeReference, found: String, expected: String)
    /// Inputs, outputs or the order of nodes are wrong.
    case invalidGraph(path: String, found: String, expected: String)

    /// The same error, its path seen from the message around.
    func within(_ message: @autoclosure () -> String) -> ModelError {
        func outer(_ path: String) -> String {
            path.isEmpty ? message() : "\(message()).\(path)"
        }
        return switch self {
        case .malformed(let path, let offset, let found, let expected):
            .malformed(path: outer(path), offset: offset, found: found, expected: expected)
        case .limitExceeded(let path, let quantity, let found, let most):
            .limitExceeded(path: outer(path), quantity: quantity, found: found, most: most)
        case .unsupportedFeature(let path, let feature):
            .unsupportedFeature(path: outer(path), feature: feature)
        case .invalidGraph(let path, let found, let expected):
            .invalidGraph(path: outer(path), found: found, expected: expected)
        case .unsupportedOperators, .invalidNode: self
        }
    }
}

extension ModelError: CustomStringConvertible {
    /// One sentence: where, what was found, what was expected.
    package var description: String {
        switch self {
        case .malformed(let path, let offset, let found, let expected):
            "\(Self.place(path)), byte \(offset): found \(found), expected \(expected)"
        case .limitExceeded(let path, let quantity, let found, let most):
            "\(Self.place(path)): \(found) \(quantity), at most \(most) are allowed"
        case .unsupportedFeature(let path, let feature):
            "\(Self.place(path)): \(feature) is not supported"
        case .unsupportedOperators(let nodes):
            "unsupported operators: \(nodes.map(\.description).joined(separator: ", "))"
        case .invalidNode(let node, let found, let expected):
            "\(node): found \(found), expected \(expected)"
        case .invalidGraph(let path, let found, let expected):
            "\(Self.place(path)): found \(found), expected \(expected)"
        }
    }

    private static func place(_ path: String) -> String { path.isEmpty ? "model" : path }
}
