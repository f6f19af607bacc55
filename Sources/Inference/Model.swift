// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// A compiled ONNX model: read once, checked, made into a plan that any number of threads may run.
package struct Model: Sendable {
    /// The inputs that a run takes, in the graph's order; initializers are not among them.
    package let inputs: [ModelInput]
    /// The outputs that a run leaves, in the graph's order.
    package let outputs: [ModelOutput]
    /// What the outputs mean.
    package let purpose: ModelPurpose
}

/// The tensors of one run, kept from run to run: after the first of a size a plan of trees and
/// linear models allocates nothing.
package struct Workspace: Sendable {
    /// The values of each of the model's inputs, to be set before a run: `count` elements in the
    /// array that the input's `element` names.
    package var inputs: [Tensor]
    /// The values of each of the model's outputs after a run.
    package internal(set) var outputs: [Tensor]

    /// Makes the tensors of a model, without rows.
    package init(for model: Model) {
        inputs = model.inputs.map { Tensor($0.element, shape: [0, $0.width]) }
        outputs = model.outputs.map { Tensor($0.element, shape: [0, $0.width ?? 1]) }
    }
}
