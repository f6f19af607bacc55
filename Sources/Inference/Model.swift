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
    /// The compiled graph.
    let plan: Plan

    /// Reads and compiles an ONNX file.
    ///
    /// The plan is tried on two rows of zeros and empty texts: what cannot run on any rows is
    /// refused now, and the widths of the outputs are those that came out, since what a graph
    /// declares of them is often wrong.
    ///
    /// - Throws: `ModelError`.
    /// - Complexity: O(bytes), and one run.
    package init(
        onnx bytes: Span<UInt8>,
        limits: ModelLimits = ModelLimits()
    ) throws(ModelError) {
        let message = try ModelMessage(bytes, limits: limits)
        var compiler = try PlanCompiler(message, limits: limits)
        let plan = try compiler.compile()
        let inputs = try InputReader(plan).inputs()
        let widths = try Self.trial(plan, inputs)
        let outputs = zip(plan.outputs, widths).map { port, width in
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
        purpose = finder.purpose(of: outputs)
    }

    /// What the file says of itself, and how large it is.
    package var summary: ModelSummary { plan.summary }

    /// Runs the plan on two rows, to see how wide the outputs are; nil for those that do not go by
    /// rows, and for all where the trial's values are none that the model takes.
    private static func trial(
        _ plan: Plan,
        _ inputs: [ModelInput]
    ) throws(ModelError) -> [Int?] {
        let rows = 2
        var tensors: [Tensor] = []
        for input in inputs {
            var tensor = Tensor(input.element, shape: [])
            let shape = input.rank == 1 ? [rows] : [rows, input.width]
            do { try tensor.prepare(input.element, shape, most: plan.limits.elements) } catch {
                throw .limitExceeded(
                    path: "graph",
                    quantity: "columns of an input",
                    found: input.width,
                    most: plan.limits.elements / rows
                )
            }
            tensors.append(tensor)
        }
        do {
            return try plan.run(tensors).map { result in
                result.shape.first == rows ? result.storedCount / rows : nil
            }
        } catch {
            switch error {
            case .node(_, .value): return plan.outputs.map { _ in nil }
            case .node(let node, let fault):
                throw .invalidNode(
                    node,
                    found: "\(fault)",
                    expected: "a graph that two rows run through"
                )
            case .negativeRows, .inputCount, .outputCount, .foreignWorkspace:
                throw .invalidGraph(path: "graph", found: "\(error)", expected: "a graph that runs")
            }
        }
    }
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
