// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Makes a plan of a graph: checks names and order, looks the operators up, computes what is
/// constant once and for all, and leaves out nodes that change nothing.
struct PlanCompiler {
    /// A name of the graph: where its value stands, and as what type.
    struct Value {
        var place: TensorPlace
        var type: DataType
    }

    let message: ModelMessage
    let limits: ModelLimits
    let operatorSets: [String: Int]
    private(set) var values: [String: Value] = [:]
    private(set) var constants: [Tensor] = []
    private(set) var inputs: [Plan.Port] = []
    var steps: [Plan.Step] = []
    private(set) var trees = (count: 0, nodes: 0)
    /// What constant nodes have used.
    private var load = Plan.Load()

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
        values[name].flatMap { constant($0.place) }
    }

    private func constant(_ place: TensorPlace) -> Tensor? {
        place.group == Plan.constantGroup ? constants[place.index] : nil
    }

    static func displayName(_ domain: String) -> String {
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

    // MARK: - Names

    private mutating func addConstant(_ tensor: Tensor) -> TensorPlace {
        constants.append(tensor)
        return TensorPlace(group: Plan.constantGroup, index: constants.count - 1)
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
            let place = addConstant(initializer.value.tensor)
            try define(
                initializer.name,
                Value(place: place, type: initializer.value.type),
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
            let place = TensorPlace(group: Plan.inputGroup, index: inputs.count)
            try define(input.name, Value(place: place, type: type), path: "input[\(index)]")
            inputs.append(Plan.Port(value: input, type: type, place: place))
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
        let places = try operandPlaces(of: node, index)
        var request = try NodeRequest(
            node,
            reference,
            operands: zip(places, node.inputs).map { place, name in
                guard place != .absent, let value = values[name] else { return nil }
                return NodeRequest.Operand(type: value.type, constant: constant(place))
            }
        )
        let result = try definition.make(&request)
        try request.checkAllAsked()
        switch result {
        case .alias(let operand, let type):
            try defineResults(of: node, index, [Value(place: places[operand], type: type)])
        case .constant(let constant):
            let place = addConstant(constant.tensor)
            try defineResults(of: node, index, [Value(place: place, type: constant.type)])
        case .kernel(let kernel, let types):
            if let ensemble = (kernel as? any TreeKernel)?.ensemble {
                trees.count += ensemble.treeCount
                trees.nodes += ensemble.nodeCount
            }
            try addStep(kernel, types, operands: places, node, reference)
        }
    }

    private func operandPlaces(
        of node: NodeMessage,
        _ index: Int
    ) throws(ModelError) -> [TensorPlace] {
        var places: [TensorPlace] = []
        for name in node.inputs {
            if name.isEmpty {
                places.append(.absent)
            } else if let value = values[name] {
                places.append(value.place)
            } else {
                throw .invalidGraph(
                    path: "node[\(index)]",
                    found: "input \"\(name)\"",
                    expected: "the name of an input, initializer or result of an earlier node"
                )
            }
        }
        return places
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
        operands: [TensorPlace],
        _ node: NodeMessage,
        _ reference: NodeReference
    ) throws(ModelError) {
        let step = Plan.Step(
            kernel: kernel,
            operands: operands,
            resultCount: types.count,
            narrowing: types.count == 1 && types[0].isNarrow ? types[0] : nil,
            node: reference
        )
        let places: [TensorPlace]
        if operands.allSatisfy({ $0 == .absent || $0.group == Plan.constantGroup }) {
            places = try fold(step)
        } else {
            let group = Plan.firstStepGroup + steps.count
            places = types.indices.map { TensorPlace(group: group, index: $0) }
            steps.append(step)
        }
        try defineResults(
            of: node,
            reference.index,
            zip(places, types).map { Value(place: $0, type: $1) }
        )
    }

    /// Computes a node whose operands are all known; its results are constants.
    private mutating func fold(_ step: Plan.Step) throws(ModelError) -> [TensorPlace] {
        var results = Array(repeating: Tensor.empty, count: step.resultCount)
        let operands = Operands([constants], of: step, most: limits.elements)
        do throws(KernelFault) {
            try load.add(operations: step.kernel.cost(operands), limits)
            try step.kernel.run(operands, into: &results)
            for position in results.indices {
                if let type = step.narrowing { results[position].narrow(to: type) }
                try load.add(elements: results[position].storedCount, limits)
            }
        } catch {
            throw .invalidNode(step.node, error)
        }
        return results.map { addConstant($0) }
    }
}
