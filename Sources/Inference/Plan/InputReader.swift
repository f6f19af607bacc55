// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Describes the inputs of a plan: their ranks and widths, which the graph may leave open.
struct InputReader {
    private let plan: Plan
    private var demands: [Int: Int] = [:]

    /// Goes through the plan once, from the end to the beginning.
    init(_ plan: Plan) {
        self.plan = plan
        let constants = Set(plan.template.indices.filter { plan.template[$0].storedCount > 0 })
        for step in plan.steps.reversed() {
            let asked: Int? =
                switch step.kernel.width {
                case .none: nil
                case .length(let length): length
                case .asResult: step.results.first.flatMap { demands[$0] }
                }
            guard let asked,
                let operand = step.operands.first(where: {
                    $0 != Operands.absent && !constants.contains($0)
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
        guard let width = declared.flatMap({ Int(exactly: $0) }) ?? demands[port.slot] else {
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
