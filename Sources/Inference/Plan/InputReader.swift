// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Describes the inputs of a plan: their ranks and widths, which the graph may leave open.
struct InputReader {
    private let plan: Plan
    private var demands: [TensorPlace: Int] = [:]

    /// Goes through the plan once, from the end to the beginning.
    init(_ plan: Plan) {
        self.plan = plan
        for (index, step) in plan.steps.enumerated().reversed() {
            let result = TensorPlace(group: index + Plan.firstStepGroup, index: 0)
            let asked: Int? =
                switch step.kernel.width {
                case .none: nil
                case .length(let length): length
                case .asResult: demands[result]
                }
            guard let asked,
                let operand = step.operands.first(where: {
                    $0 != .absent && $0.group != Plan.constantGroup
                })
            else { continue }
            demands[operand] = max(demands[operand] ?? 0, asked)
        }
    }

    /// The inputs in the graph's order.
    ///
    /// - Throws: `ModelError.invalidGraph` for one that is no matrix of rows × width, or whose
    ///   width neither the graph nor a node tells.
    func inputs() throws(ModelError) -> [ModelInput] {
        var inputs: [ModelInput] = []
        for (index, port) in plan.inputs.enumerated() {
            let name = port.value.name
            guard case .tensor(_, let shape) = port.value.declared, shape?.isEmpty != true,
                shape?.count ?? 2 <= 2
            else {
                throw .invalidGraph(
                    path: "graph.input[\(index)]",
                    found: "\"\(name)\" of other than two axes",
                    expected: "rows × width"
                )
            }
            let rank = shape?.count ?? 2
            inputs.append(
                ModelInput(
                    name: name,
                    element: port.type.element,
                    declaredType: port.type.name,
                    width: rank == 1 ? 1 : try width(of: port, shape?.last ?? nil, index),
                    rank: rank
                )
            )
        }
        return inputs
    }

    private func width(
        of port: Plan.Port,
        _ declared: Int64?,
        _ index: Int
    ) throws(ModelError) -> Int {
        guard let width = declared.flatMap({ Int(exactly: $0) }) ?? demands[port.place] else {
            throw .invalidGraph(
                path: "graph.input[\(index)]",
                found: "\"\(port.value.name)\" without a width, which no node tells either",
                expected: "a number of columns"
            )
        }
        guard width <= plan.limits.elements else {
            throw .limitExceeded(
                path: "graph.input[\(index)]",
                quantity: "columns",
                found: width,
                most: plan.limits.elements
            )
        }
        return width
    }
}
