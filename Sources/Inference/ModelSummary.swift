// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What a model file says of itself, and how large it is.
package struct ModelSummary: Sendable, Equatable {
    /// The version of the file format.
    package var irVersion: Int64
    /// The program that wrote the file; empty where it does not say.
    package var producer: String
    /// That program's version; empty where the file does not say.
    package var producerVersion: String
    /// The version of each operator set by its domain; `ai.onnx` is the default one.
    package var operatorSets: [String: Int]
    /// Nodes of the graph as it stands in the file.
    package var nodeCount: Int
    /// Trees of all ensembles.
    package var treeCount: Int
    /// Nodes of all trees, leaves included.
    package var treeNodeCount: Int
    /// The file's own `metadata_props`; of equal keys the last counts.
    package var metadata: [String: String]
}
