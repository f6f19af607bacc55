// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Makes a plan of a graph: checks names and order, looks the operators up, computes what is
/// constant once and for all, and leaves out nodes that change nothing.
struct PlanCompiler {
    /// A name of the graph: which slot holds its value, and as what type.
    struct Value {
        var slot: Int
        var type: DataType
    }

    private let message: ModelMessage
    private let limits: ModelLimits
    private let operatorSets: [String: Int]
    private var values: [String: Value] = [:]
    private var template: [Tensor] = []
    private var isConstant: [Bool] = []
    private var isInput: [Bool] = []
    private var steps: [Plan.Step] = []
    private var inputs: [Plan.Port] = []
    private var foldedElements = 0
    private var trees = (count: 0, nodes: 0)

    /// Begins with a model that was read.
    init(_ message: ModelMessage, limits: ModelLimits) throws(ModelError) {
        self.message = message
        self.limits = limits
        var sets: [String: Int] = [:]
        for (domain, version) in message.operatorSets {
            guard let version = Int(exactly: version), version > 0,
                sets.updateValue(version, forKey: domain) ?? version == version
            else {
                throw .invalidGraph(
                    path: "opset_import",
                    found: "version \(version) of \(Self.displayName(domain))",
                    expected: "one version, at least 1"
                )
            }
        }
        operatorSets = sets
    }

    /// Compiles the graph.
    ///
    /// - Complexity: O(bytes of the file), and what constant nodes cost.
    mutating func compile() throws(ModelError) -> Plan {
        try checkOperators()
        do {
            try addInitializers()
            try addInputs()
            for index in message.graph.nodes.indices { try addNode(index) }
            return try finish()
        } catch {
            guard case .invalidGraph = error else { throw error }
            throw error.within("graph")
        }
    }

    /// The elements of a value that is known without a run.
    func constant(_ name: String) -> Tensor? {
        values[name].flatMap { isConstant[$0.slot] ? template[$0.slot] : nil }
    }

    private static func displayName(_ domain: String) -> String {
        domain.isEmpty ? "ai.onnx" : domain
    }

    private func reference(_ index: Int) -> NodeReference {
        let node = message.graph.nodes[index]
        return NodeReference(
            name: node.name,
            index: index,
            operation: node.operation,
            domain: Self.displayName(node.domain),
            version: operatorSets[node.domain] ?? 0
        )
    }

    private func checkOperators() throws(ModelError) {
        let nodes = message.graph.nodes
        let unknown = nodes.indices.filter { index in
            OperatorTable.find(
                nodes[index].operation,
                domain: nodes[index].domain,
                version: operatorSets[nodes[index].domain] ?? 0
            ) == nil
        }
        guard unknown.isEmpty else { throw .unsupportedOperators(unknown.map(reference)) }
    }

    // MARK: - Names and slots

    private mutating func addSlot(_ tensor: Tensor, isConstant: Bool) -> Int {
        template.append(tensor)
        self.isConstant.append(isConstant)
        isInput.append(false)
        return template.count - 1
    }

    private mutating func define(
        _ name: String,
        _ value: Value,
        path: @autoclosure () -> String
    ) throws(ModelError) {
        guard values.updateValue(value, forKey: name) == nil else {
            throw .invalidGraph(path: path(), found: "\"\(name)\" again", expected: "a new name")
        }
    }

    private mutating func addInitializers() throws(ModelError) {
        for (index, initializer) in message.graph.initializers.enumerated() {
            let slot = addSlot(initializer.value.tensor, isConstant: true)
            try define(
                initializer.name,
                Value(slot: slot, type: initializer.value.type),
                path: "initializer[\(index)]"
            )
        }
    }

    private mutating func addInputs() throws(ModelError) {
        for (index, input) in message.graph.inputs.enumerated() {
            // Old files list the initializers among the inputs.
            if values[input.name] != nil, inputs.allSatisfy({ $0.value.name != input.name }) {
                continue
            }
            guard case .tensor(let element, _) = input.declared else {
                throw .unsupportedFeature(
                    path: "graph.input[\(index)]",
                    feature: "input \"\(input.name)\" of type \(input.typeName)"
                )
            }
            guard let type = DataType(rawValue: element) else {
                throw .unsupportedFeature(
                    path: "graph.input[\(index)]",
                    feature: "input \"\(input.name)\" of element type \(element)"
                )
            }
            let slot = addSlot(Tensor(type.element, shape: []), isConstant: false)
            isInput[slot] = true
            try define(input.name, Value(slot: slot, type: type), path: "input[\(index)]")
            inputs.append(Plan.Port(value: input, type: type, slot: slot))
        }
    }

    // MARK: - Nodes

    private mutating func addNode(_ index: Int) throws(ModelError) {
        let node = message.graph.nodes[index]
        let reference = reference(index)
        guard
            let definition = OperatorTable.find(
                node.operation,
                domain: node.domain,
                version: reference.version
            )
        else { throw .unsupportedOperators([reference]) }
        let slots = try operandSlots(of: node, index)
        var request = try NodeRequest(
            node,
            reference,
            operands: zip(slots, node.inputs).map { slot, name in
                guard slot != Operands.absent, let value = values[name] else { return nil }
                return NodeRequest.Operand(
                    type: value.type,
                    constant: isConstant[slot] ? template[slot] : nil
                )
            }
        )
        let result = try definition.make(&request)
        try request.checkAllAsked()
        switch result {
        case .alias(let operand, let type):
            try defineResults(of: node, index, [Value(slot: slots[operand], type: type)])
        case .constant(let constant):
            let slot = addSlot(constant.tensor, isConstant: true)
            try defineResults(of: node, index, [Value(slot: slot, type: constant.type)])
        case .kernel(let kernel, let types):
            if let ensemble = (kernel as? any TreeKernel)?.ensemble {
                trees.count += ensemble.treeCount
                trees.nodes += ensemble.nodeCount
            }
            try addStep(kernel, types, operands: slots, node, reference)
        }
    }

    private func operandSlots(of node: NodeMessage, _ index: Int) throws(ModelError) -> [Int] {
        var slots: [Int] = []
        for name in node.inputs {
            if name.isEmpty {
                slots.append(Operands.absent)
            } else if let value = values[name] {
                slots.append(value.slot)
            } else {
                throw .invalidGraph(
                    path: "node[\(index)]",
                    found: "input \"\(name)\"",
                    expected: "the name of an input, initializer or result of an earlier node"
                )
            }
        }
        return slots
    }

    private mutating func defineResults(
        of node: NodeMessage,
        _ index: Int,
        _ results: [Value]
    ) throws(ModelError) {
        guard node.outputs.count <= results.count else {
            throw .invalidNode(
                reference(index),
                found: "\(node.outputs.count) outputs",
                expected: "at most \(results.count)"
            )
        }
        for (name, value) in zip(node.outputs, results) where !name.isEmpty {
            try define(name, value, path: "node[\(index)]")
        }
    }

    private mutating func addStep(
        _ kernel: any Kernel,
        _ types: [DataType],
        operands: [Int],
        _ node: NodeMessage,
        _ reference: NodeReference
    ) throws(ModelError) {
        let isKnown = operands.allSatisfy { $0 == Operands.absent || isConstant[$0] }
        let slots = types.indices.map { position in
            position < node.outputs.count && !node.outputs[position].isEmpty
                ? addSlot(Tensor(types[position].element, shape: []), isConstant: isKnown)
                : Operands.absent
        }
        let step = Plan.Step(
            kernel: kernel,
            operands: operands,
            results: slots,
            narrowing: types.count == 1 && types[0].isNarrow ? types[0] : nil,
            node: reference
        )
        if isKnown { try fold(step) } else { steps.append(step) }
        try defineResults(
            of: node,
            reference.index,
            zip(slots, types).map { Value(slot: $0, type: $1) }
        )
    }

    /// Computes a node whose operands are all known.
    private mutating func fold(_ step: Plan.Step) throws(ModelError) {
        var results = step.results.map { _ in Tensor.empty }
        do {
            try step.kernel.run(
                Operands(template, step.operands, most: limits.elements - foldedElements),
                into: &results
            )
        } catch {
            throw .invalidNode(step.node, found: "\(error)", expected: "constants that it can take")
        }
        for (position, slot) in step.results.enumerated() where slot != Operands.absent {
            if let type = step.narrowing { results[position].narrow(to: type) }
            template[slot] = results[position]
            foldedElements += results[position].storedCount
        }
        guard foldedElements <= limits.elements else {
            throw .limitExceeded(
                path: "\(step.node)",
                quantity: "elements of constants",
                found: foldedElements,
                most: limits.elements
            )
        }
    }

    // MARK: - The end

    private mutating func finish() throws(ModelError) -> Plan {
        var outputs: [Plan.Port] = []
        var taken: Set<Int> = []
        for (index, output) in message.graph.outputs.enumerated() {
            guard var value = values[output.name] else {
                throw .invalidGraph(
                    path: "output[\(index)]",
                    found: "\"\(output.name)\"",
                    expected: "the name of a result"
                )
            }
            if isInput[value.slot] || isConstant[value.slot] || taken.contains(value.slot) {
                value.slot = addCopy(of: value, for: output, index)
            }
            taken.insert(value.slot)
            outputs.append(Plan.Port(value: output, type: value.type, slot: value.slot))
        }
        guard !outputs.isEmpty else {
            throw .invalidGraph(path: "output", found: "none", expected: "at least one")
        }
        return Plan(
            steps: liveSteps(for: taken),
            template: template,
            inputs: inputs,
            outputs: outputs,
            limits: limits,
            summary: summary
        )
    }

    /// An output needs a tensor of its own, which the caller may take away.
    private mutating func addCopy(
        of value: Value,
        for output: ValueMessage,
        _ index: Int
    ) -> Int {
        let slot = addSlot(Tensor(value.type.element, shape: []), isConstant: false)
        let node = NodeReference(
            name: output.name,
            index: message.graph.nodes.count + index,
            operation: "Identity",
            domain: Self.displayName(""),
            version: operatorSets[""] ?? 0
        )
        steps.append(
            Plan.Step(
                kernel: CopyKernel(),
                operands: [value.slot],
                results: [slot],
                narrowing: nil,
                node: node
            )
        )
        return slot
    }

    /// The steps without those whose results nobody reads.
    private func liveSteps(for outputs: Set<Int>) -> [Plan.Step] {
        var needed = outputs
        var live: [Plan.Step] = []
        for step in steps.reversed() where step.results.contains(where: needed.contains) {
            needed.formUnion(step.operands.filter { $0 != Operands.absent })
            live.append(
                Plan.Step(
                    kernel: step.kernel,
                    operands: step.operands,
                    results: step.results.map { needed.contains($0) ? $0 : Operands.absent },
                    narrowing: step.narrowing,
                    node: step.node
                )
            )
        }
        return live.reversed()
    }

    private var summary: ModelSummary {
        var sets: [String: Int] = [:]
        for (domain, version) in operatorSets { sets[Self.displayName(domain)] = version }
        return ModelSummary(
            irVersion: message.irVersion,
            producer: message.producer,
            producerVersion: message.producerVersion,
            operatorSets: sets,
            nodeCount: message.graph.nodes.count,
            treeCount: trees.count,
            treeNodeCount: trees.nodes,
            metadata: message.metadata
        )
    }
}
