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
    /// Whether the label of a classifier comes from a rule of the graph's own: no classifier operator
    /// made it together with the probabilities.
    package let hasOwnRule: Bool
    /// The compiled graph.
    let plan: Plan

    /// Reads and compiles an ONNX file.
    ///
    /// The plan is tried on a few rows of zeros and empty texts: what cannot run on any rows, or does
    /// not answer row by row, is refused now, and the widths of the outputs are those that came
    /// out.
    ///
    /// - Throws: `ModelError`.
    /// - Complexity: O(bytes), and a few runs.
    package init(
        onnx bytes: Span<UInt8>,
        limits: ModelLimits = ModelLimits()
    ) throws(ModelError) {
        let message = try ModelMessage(bytes, limits: limits)
        var compiler = try PlanCompiler(message, limits: limits)
        let plan = try compiler.compile()
        let inputs = try InputReader(plan).inputs()
        let trial = try Trial(plan, inputs)
        let outputs = zip(plan.outputs, trial.widths).map { port, width in
            ModelOutput(
                name: port.value.name,
                element: port.type.element,
                declaredType: port.value.typeName,
                width: width
            )
        }
        self.plan = plan
        self.inputs = inputs
        self.outputs = outputs
        let finder = PurposeFinder(message.graph) { [compiler] in compiler.constant($0) }
        purpose = finder.purpose(of: outputs) { trial.isDistribution(output: $0) }
        hasOwnRule = finder.hasOwnRule(purpose, outputs)
    }

    /// What the file says of itself, and how large it is.
    package var summary: ModelSummary { plan.summary }
}

/// The tensors of one run, kept from run to run: after the first of a size a plan of trees and
/// linear models allocates nothing.
package struct Workspace: Sendable {
    /// The values of each of the model's inputs, to be set before a run: `count` elements in the
    /// array that the input's `element` names.
    package var inputs: [Tensor]
    /// The values of each of the model's outputs after a run.
    package internal(set) var outputs: [Tensor]
    /// What lies between them.
    var frame: Plan.Frame

    /// Makes the tensors of a model, without rows.
    package init(for model: Model) {
        inputs = model.inputs.map { input in
            Tensor(input.element, shape: input.rank == 1 ? [0] : [0, input.width])
        }
        outputs = model.outputs.map { Tensor($0.element, shape: [0, $0.width ?? 1]) }
        frame = model.plan.makeFrame()
    }
}
