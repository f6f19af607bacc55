// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The compiled graph: its nodes in order, each with the places that it reads.
///
/// A plan runs on tensors of any shape; `Model` is its face for rows. Any number of threads may
/// run it, each with a frame of its own.
package final class Plan: Sendable {
    /// One node; a class, so that a run hands it on for the price of one reference count.
    final class Step: Sendable {
        let kernel: any Kernel
        let operands: [TensorPlace]
        let resultCount: Int
        /// The type that the results are brought back to, where they are carried in a wider one.
        let narrowing: DataType?
        let node: NodeReference

        init(
            kernel: any Kernel,
            operands: [TensorPlace],
            resultCount: Int,
            narrowing: DataType?,
            node: NodeReference
        ) {
            self.kernel = kernel
            self.operands = operands
            self.resultCount = resultCount
            self.narrowing = narrowing
            self.node = node
        }
    }

    /// An input or output of the graph and where it stands.
    struct Port: Sendable {
        let value: ValueMessage
        let type: DataType
        let place: TensorPlace
    }

    /// The lists of a frame before those of the steps.
    static let constantGroup = 0
    static let inputGroup = 1
    static let firstStepGroup = 2

    let steps: [Step]
    let constants: [Tensor]
    let inputs: [Port]
    /// Their places are all different, and results of steps.
    let outputs: [Port]
    /// The list that has the outputs, all of them and in order; nil where they are scattered.
    let outputGroup: Int?
    let limits: ModelLimits
    /// What the file says of itself.
    package let summary: ModelSummary

    init(
        steps: [Step],
        constants: [Tensor],
        inputs: [Port],
        outputs: [Port],
        limits: ModelLimits,
        summary: ModelSummary
    ) {
        self.steps = steps
        self.constants = constants
        self.inputs = inputs
        self.outputs = outputs
        self.limits = limits
        self.summary = summary
        let group = outputs[0].place.group
        let isWhole =
            outputs.map(\.place) == outputs.indices.map { TensorPlace(group: group, index: $0) }
            && steps[group - Self.firstStepGroup].resultCount == outputs.count
        outputGroup = isWhole ? group : nil
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

    /// The tensors of a run, kept from run to run.
    struct Frame: Sendable {
        var groups: [[Tensor]] = []
        /// What kernels need beside the tensors; the steps use it one after the other.
        var scratch = TreeScratch()
        /// The plan that it was made for.
        var plan: Plan?
    }

    /// What a run has used of its limits.
    struct Load {
        private var elements = 0
        private var operations = 0

        /// Counts operations before they are done.
        mutating func add(operations count: Int, _ limits: ModelLimits) throws(KernelFault) {
            guard count <= limits.operations - operations else {
                throw .tooLong(most: limits.operations)
            }
            operations += count
        }

        /// Counts elements, which one tensor has at most `limits.elements` of.
        mutating func add(elements count: Int, _ limits: ModelLimits) throws(KernelFault) {
            elements += count
            guard elements <= limits.elements else { throw .tooLarge(most: limits.elements) }
            try add(operations: count, limits)
        }
    }

    func makeFrame() -> Frame {
        let inputs = inputs.map { Tensor($0.type.element, shape: []) }
        let results = steps.map { Array(repeating: Tensor.empty, count: $0.resultCount) }
        return Frame(groups: [constants, inputs] + results, plan: self)
    }

    /// Runs all steps; the list of the inputs holds their values.
    func execute(_ frame: inout Frame) throws(RunError) {
        var load = Load()
        for index in steps.indices {
            do {
                try runStep(index, &frame, &load)
            } catch {
                throw .node(steps[index].node, error)
            }
        }
    }

    /// Runs one step and adds what it uses to the load.
    private func runStep(
        _ index: Int,
        _ frame: inout Frame,
        _ load: inout Load
    ) throws(KernelFault) {
        let group = index + Self.firstStepGroup
        // The step's list is moved out, so that it is written while the others are read.
        var results: [Tensor] = []
        swap(&results, &frame.groups[group])
        defer { swap(&results, &frame.groups[group]) }
        let operands = Operands(frame.groups, of: steps[index], most: limits.elements)
        try load.add(operations: operands.step.kernel.cost(operands), limits)
        try operands.step.kernel.run(operands, into: &results, using: &frame.scratch)
        for position in results.indices {
            if let type = steps[index].narrowing { results[position].narrow(to: type) }
            try load.add(elements: results[position].storedCount, limits)
        }
    }

    /// Runs the graph on tensors of any shape.
    ///
    /// - Parameter inputs: One a graph input, each of the element type that carries the declared
    ///   one, with as many elements as its shape says.
    /// - Returns: One a graph output.
    /// - Throws: `RunError`.
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
            frame.groups[port.place] = tensor
        }
        try execute(&frame)
        return outputs.map { frame.groups[$0.place] }
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
