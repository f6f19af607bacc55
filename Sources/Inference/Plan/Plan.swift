// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The compiled graph: its nodes in order, each with the slots that it reads and writes.
///
/// A plan runs on tensors of any shape; `Model` is its face for rows. Any number of threads may
/// run it, each with a frame of its own.
package final class Plan: Sendable {
    /// One node.
    struct Step: Sendable {
        let kernel: any Kernel
        /// Slots of the operands, `Operands.absent` for one left out.
        let operands: [Int]
        /// Slots of the results, `Operands.absent` for one that nobody reads.
        let results: [Int]
        /// The type that the results are brought back to, where they are carried in a wider one.
        let narrowing: DataType?
        let node: NodeReference
    }

    /// An input or output of the graph and the slot that holds it.
    struct Port: Sendable {
        let value: ValueMessage
        let type: DataType
        let slot: Int
    }

    let steps: [Step]
    /// The tensors as a run finds them: constants in their slots, the others empty.
    let template: [Tensor]
    let inputs: [Port]
    /// Their slots are all different, and neither inputs nor constants.
    let outputs: [Port]
    let limits: ModelLimits
    /// The most results of a step.
    let resultCount: Int
    /// What the file says of itself.
    package let summary: ModelSummary

    init(
        steps: [Step],
        template: [Tensor],
        inputs: [Port],
        outputs: [Port],
        limits: ModelLimits,
        summary: ModelSummary
    ) {
        self.steps = steps
        self.template = template
        self.inputs = inputs
        self.outputs = outputs
        self.limits = limits
        self.summary = summary
        resultCount = steps.reduce(0) { max($0, $1.results.count) }
    }

    /// Reads and compiles an ONNX file.
    ///
    /// - Throws: `ModelError`.
    package static func compile(
        onnx bytes: Span<UInt8>,
        limits: ModelLimits = ModelLimits()
    ) throws(ModelError) -> Plan {
        let message = try ModelMessage(bytes, limits: limits)
        var compiler = try PlanCompiler(message, limits: limits)
        return try compiler.compile()
    }

    /// The tensors of a run and the results of the step under way, kept from run to run.
    struct Frame: Sendable {
        var slots: [Tensor] = []
        var results: [Tensor] = []
        /// The plan that it was made for.
        var plan: Plan?
    }

    func makeFrame() -> Frame {
        let results = Array(repeating: Tensor.empty, count: resultCount)
        return Frame(slots: template, results: results, plan: self)
    }

    /// Runs all steps; the slots of the inputs hold their values.
    func execute(_ frame: inout Frame) throws(RunError) {
        var held = 0
        for index in steps.indices {
            let operands = steps[index].operands
            let results = steps[index].results
            Self.exchange(results, &frame)
            do throws(KernelFault) {
                try steps[index].kernel.run(
                    Operands(frame.slots, operands, most: limits.elements),
                    into: &frame.results
                )
                for position in results.indices {
                    if let type = steps[index].narrowing {
                        frame.results[position].narrow(to: type)
                    }
                    // At most a few limits' worth: each is at most one.
                    held += frame.results[position].storedCount
                }
                guard held <= limits.elements else {
                    throw KernelFault.tooLarge(most: limits.elements)
                }
            } catch {
                Self.exchange(results, &frame)
                throw .node(steps[index].node, error)
            }
            Self.exchange(results, &frame)
        }
    }

    /// Moves the tensors of a step's results out of their slots, or back, so that the step can
    /// write them while it reads the others.
    private static func exchange(_ results: [Int], _ frame: inout Frame) {
        for (position, slot) in results.enumerated() where slot != Operands.absent {
            swap(&frame.results[position], &frame.slots[slot])
        }
    }

    /// Runs the graph on tensors of any shape.
    ///
    /// - Parameter inputs: One a graph input, each of the element type that carries the declared
    ///   one, with as many elements as its shape says.
    /// - Returns: One a graph output.
    package func run(_ inputs: [Tensor]) throws(RunError) -> [Tensor] {
        var frame = makeFrame()
        guard inputs.count == self.inputs.count else { throw .foreignWorkspace }
        for (port, tensor) in zip(self.inputs, inputs) {
            let expected = (try? Shape.count(tensor.shape, most: limits.elements)) ?? 0
            guard tensor.element == port.type.element, tensor.storedCount == expected else {
                throw .inputCount(
                    name: port.value.name,
                    found: tensor.storedCount,
                    expected: expected
                )
            }
            frame.slots[port.slot] = tensor
        }
        try execute(&frame)
        return outputs.map { frame.slots[$0.slot] }
    }
}

extension Tensor {
    /// Brings elements that are carried in a wider type back to what their own type can hold.
    mutating func narrow(to type: DataType) {
        switch type {
        case .float16: for index in floats.indices { floats[index] = Float(Float16(floats[index])) }
        default: for index in integers.indices { integers[index] = type.wrap(integers[index]) }
        }
    }
}
