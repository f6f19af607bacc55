// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What a model file may claim and a run may use; beyond it both are refused.
///
/// Loading allocates at most about nine bytes for each byte of the file beside the strings, which
/// have a limit of their own.
package struct ModelLimits: Sendable, Equatable {
    /// Bytes of the file.
    package var bytes = 256 << 20
    /// Nodes of the graph.
    package var nodes = 10_000
    /// Elements of one list in an attribute: the nodes of an ensemble's trees, or its votes.
    package var listElements = 20_000_000
    /// Inputs, outputs, constants, attributes and other parts of the graph and its nodes.
    package var messages = 500_000
    /// Messages within messages.
    package var depth = 64
    /// Elements of all constants of a graph, and of all tensors of one run.
    package var elements = 1 << 24
    /// Multiplications and elements read and written of one run, and of all constant nodes together.
    package var operations = 1 << 34
    /// Bytes of all names and texts of a file; each counts for `bytesPerText` more.
    package var textBytes = 512 << 20

    /// What a text costs beside its bytes.
    package static let bytesPerText = 16

    /// The limits for models that a server takes.
    package init() {}
}
