// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Runs of a plan on rows that nobody sent, before anybody does: what cannot run on any rows is
/// refused, and what a graph declares of its outputs, which is often wrong, is measured.
struct Trial {
    /// Values a row of each output; nil where the trial's values are none that the graph takes.
    let widths: [Int?]
    private let plan: Plan
    private let inputs: [ModelInput]

    /// Tries one, two and three rows of zeros and empty texts.
    ///
    /// Of one number of rows alone a matrix of another shape may look like rows: a list of classes,
    /// a mean over the rows, a matrix that lies on its side.
    ///
    /// - Throws: `ModelError`, also for an output that does not go by rows.
    init(_ plan: Plan, _ inputs: [ModelInput]) throws(ModelError) {
        self.plan = plan
        self.inputs = inputs
        guard let two = try Self.zeros(2, plan, inputs) else {
            widths = plan.outputs.map { _ in nil }
            return
        }
        let runs = [
            (1, try Self.zeros(1, plan, inputs)), (2, two), (3, try Self.zeros(3, plan, inputs)),
        ]
        for index in plan.outputs.indices {
            let width = two[index].storedCount / 2
            let isByRows = runs.allSatisfy { rows, results in
                results.map { $0[index].goes(byRows: rows, of: width) } ?? true
            }
            guard isByRows else {
                let shapes = runs.compactMap { $0.1.map { "\($0[index].shape)" } }
                throw .invalidGraph(
                    path: "graph.output[\(index)]",
                    found: "\"\(plan.outputs[index].value.name)\" of the shapes "
                        + shapes.joined(separator: ", ")
                        + " for one, two and three rows",
                    expected: "as many rows as come in"
                )
            }
        }
        widths = two.map { $0.storedCount / 2 }
    }

    /// Whether every row of an output is a distribution: numbers within [0, 1] whose sum is 1.
    ///
    /// Zeros and numbers of either sign are tried; rows that come out as NaN show nothing, and at
    /// least one must show it.
    func isDistribution(output index: Int) -> Bool {
        var shown = 0
        for seed in 0..<3 {
            let tensors = inputs.map { Tensor(rows: 3, of: $0, seed: seed) }
            guard let result = try? plan.run(tensors)[index], let width = widths[index], width > 0
            else { continue }
            let numbers =
                result.element == .float ? result.floats.map { Double($0) } : result.doubles
            guard numbers.count == 3 * width else { return false }
            for start in stride(from: 0, to: numbers.count, by: width) {
                let row = numbers[start..<start + width]
                if row.contains(where: \.isNaN) { continue }
                let isDistribution =
                    row.allSatisfy { 0...1 + Self.tolerance ~= $0 }
                    && abs(row.reduce(0, +) - 1) <= Self.tolerance
                guard isDistribution else { return false }
                shown += 1
            }
        }
        return shown > 0
    }

    /// What rounding to floats may make of a sum of 1.
    private static let tolerance = 1e-4

    /// Runs rows of zeros; nil where their values, or only their number, are none that are taken.
    private static func zeros(
        _ rows: Int,
        _ plan: Plan,
        _ inputs: [ModelInput]
    ) throws(ModelError) -> [Tensor]? {
        var tensors: [Tensor] = []
        for input in inputs {
            var tensor = Tensor(input.element, shape: [])
            let shape = input.rank == 1 ? [rows] : [rows, input.width]
            do { try tensor.prepare(input.element, shape, most: plan.limits.elements) } catch {
                if rows > 2 { return nil }
                throw .limitExceeded(
                    path: "graph",
                    quantity: "columns of an input",
                    found: input.width,
                    most: plan.limits.elements / rows
                )
            }
            tensors.append(tensor)
        }
        do { return try plan.run(tensors) } catch {
            switch error {
            case .node(_, .value): return nil
            case .node(_, .tooLarge) where rows > 2, .node(_, .tooLong) where rows > 2: return nil
            case .node(let node, let fault): throw .invalidNode(node, fault)
            case .negativeRows, .inputCount, .outputCount, .foreignWorkspace:
                throw .invalidGraph(path: "graph", found: "\(error)", expected: "a graph that runs")
            }
        }
    }
}

extension ModelError {
    /// A node that cannot compute what no request is needed for.
    static func invalidNode(_ node: NodeReference, _ fault: KernelFault) -> ModelError {
        switch fault {
        case .shape(let found, let expected):
            .invalidNode(node, found: "shape \(found)", expected: expected)
        case .value(let found, let expected): .invalidNode(node, found: found, expected: expected)
        case .tooLarge(let most):
            .invalidNode(node, found: "more than \(most) elements", expected: "no more in all")
        case .tooLong(let most):
            .invalidNode(node, found: "more than \(most) operations", expected: "no more in all")
        }
    }
}

extension Tensor {
    /// Whether so many rows lie one after the other; of one value a row any axis may be theirs, and
    /// a row may be several of the first axis.
    fileprivate func goes(byRows rows: Int, of width: Int) -> Bool {
        storedCount == rows * width
            && (width == 1 || rows == 1 || (shape.first ?? 1).isMultiple(of: rows))
    }

    /// Rows for an input: seed 0 gives zeros, others small numbers, of either sign where the type
    /// has fractions; texts are empty.
    fileprivate init(rows: Int, of input: ModelInput, seed: Int) {
        self.init(input.element, shape: input.rank == 1 ? [rows] : [rows, input.width])
        let places = 0..<rows * input.width
        let numbers = places.map { seed == 0 ? 0 : ($0 * 7 + seed * 5) % 11 - 5 }
        switch input.element {
        case .float: floats = numbers.map { Float($0) * 0.375 }
        case .double: doubles = numbers.map { Double($0) * 0.375 }
        case .int64: integers = numbers.map { Int64(abs($0 % 2)) }
        case .string: strings = places.map { _ in "" }
        }
    }
}
