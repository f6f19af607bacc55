// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

extension PlanCompiler {
    /// Looks the outputs up, leaves out the steps that nobody reads, and puts the plan together.
    mutating func finish() throws(ModelError) -> Plan {
        var outputs: [Plan.Port] = []
        var taken: Set<TensorPlace> = []
        for (index, output) in message.graph.outputs.enumerated() {
            guard var value = values[output.name] else {
                throw .invalidGraph(
                    path: "output[\(index)]",
                    found: "\"\(output.name)\"",
                    expected: "the name of a result"
                )
            }
            if value.place.group < Plan.firstStepGroup || taken.contains(value.place) {
                value.place = addCopy(of: value, for: output, index)
            }
            taken.insert(value.place)
            outputs.append(Plan.Port(value: output, type: value.type, place: value.place))
        }
        guard !outputs.isEmpty else {
            throw .invalidGraph(path: "output", found: "none", expected: "at least one")
        }
        let (steps, groups) = liveSteps(for: taken)
        return Plan(
            steps: steps,
            constants: constants,
            inputs: inputs,
            outputs: outputs.map { port in
                Plan.Port(value: port.value, type: port.type, place: port.place.moved(by: groups))
            },
            limits: limits,
            summary: summary
        )
    }

    /// An output needs a tensor of its own, which the caller may take away.
    private mutating func addCopy(
        of value: Value,
        for output: ValueMessage,
        _ index: Int
    ) -> TensorPlace {
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
                operands: [value.place],
                resultCount: 1,
                narrowing: nil,
                node: node
            )
        )
        return TensorPlace(group: Plan.firstStepGroup + steps.count - 1, index: 0)
    }

    /// The steps that an output needs, and the new number of each one's list.
    private func liveSteps(
        for outputs: Set<TensorPlace>
    ) -> (steps: [Plan.Step], groups: [Int: Int]) {
        var needed = Set(outputs.map(\.group))
        for (index, step) in steps.enumerated().reversed()
        where needed.contains(index + Plan.firstStepGroup) {
            needed.formUnion(step.operands.map(\.group))
        }
        var live: [Plan.Step] = []
        var groups: [Int: Int] = [:]
        for (index, step) in steps.enumerated()
        where needed.contains(index + Plan.firstStepGroup) {
            groups[index + Plan.firstStepGroup] = Plan.firstStepGroup + live.count
            live.append(
                Plan.Step(
                    kernel: step.kernel,
                    operands: step.operands.map { $0.moved(by: groups) },
                    resultCount: step.resultCount,
                    narrowing: step.narrowing,
                    node: step.node
                )
            )
        }
        return (live, groups)
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

extension TensorPlace {
    /// The same place after the lists of steps were numbered anew; others keep theirs.
    fileprivate func moved(by groups: [Int: Int]) -> TensorPlace {
        TensorPlace(group: groups[group] ?? group, index: index)
    }
}
