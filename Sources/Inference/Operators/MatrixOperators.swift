// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Products of matrices of the default domain.
enum MatrixOperators {
    private static let newest = OperatorTable.newestStandard

    static let definitions: [OperatorDefinition] = [
        OperatorDefinition("MatMul", 1...newest) { node throws(ModelError) in
            try node.checkOperandCount(2...2)
            let type = try node.commonType(DataType.isFloating, "floating-point numbers")
            return .kernel(MatMulKernel(right: try node.operand(1).constant), [type])
        },
        OperatorDefinition("Gemm", 7...newest) { node throws(ModelError) in
            try node.checkOperandCount(2...3)
            let type = try node.commonType(
                allowsAbsent: true,
                DataType.isFloating,
                "floating-point numbers"
            )
            let kernel = GemmKernel(
                alpha: Double(try node.float("alpha", default: 1)),
                beta: Double(try node.float("beta", default: 1)),
                transposesLeft: try node.flag("transA"),
                transposesRight: try node.flag("transB"),
                right: try node.operand(1).constant
            )
            return .kernel(kernel, [type])
        },
    ]
}

/// The elements of a matrix turned over: columns become rows.
private func transposed<Number: TensorElement>(
    _ elements: ArraySlice<Number>,
    rows: Int,
    columns: Int
) -> [Number] {
    var result = [Number](repeating: .blank, count: elements.count)
    for row in 0..<rows {
        for column in 0..<columns {
            result[column * rows + row] = elements[elements.startIndex + row * columns + column]
        }
    }
    return result
}

/// The product of two matrices, or of stacks of them; one axis alone is a row or column.
struct MatMulKernel: Kernel {
    /// Rows of a constant right matrix: the length of the left one's rows.
    private let depth: Int?
    /// A constant right matrix, turned over when the model is loaded.
    private let turned: Tensor?

    init(right: Tensor?) {
        depth = right.flatMap {
            $0.shape.count >= 2 ? $0.shape[$0.shape.count - 2] : $0.shape.first
        }
        turned = right.flatMap { $0.shape.count == 2 ? $0.turned : nil }
    }

    var width: WidthDemand { depth.map(WidthDemand.length) ?? .none }

    func cost(_ operands: Operands) -> Int {
        operands.multiplications(depth: operands.shape(0).last)
    }

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        let (left, right) = (operands.shape(0), operands.shape(1))
        guard !left.isEmpty, !right.isEmpty else {
            throw .shape(found: left.isEmpty ? left : right, expected: "at least one axis")
        }
        let rows = left.count == 1 ? 1 : left[left.count - 2]
        let columns = right.count == 1 ? 1 : right[right.count - 1]
        let depth = left[left.count - 1]
        guard depth == (right.count == 1 ? right[0] : right[right.count - 2]) else {
            throw .shape(found: left, expected: "one whose product with \(right) exists")
        }
        let stacks = (Array(left.dropLast(2)), Array(right.dropLast(2)))
        let stack = try Shape.broadcast(stacks.0, stacks.1)
        let shape =
            stack + (left.count == 1 ? [] : [rows]) + (right.count == 1 ? [] : [columns])
        try results[0].prepare(operands.element(0), shape, most: operands.most)
        let sizes = Sizes(rows: rows, depth: depth, columns: columns)
        switch operands.element(0) {
        case .float: multiply(Float.self, operands, stack, stacks, sizes, into: &results[0])
        default: multiply(Double.self, operands, stack, stacks, sizes, into: &results[0])
        }
    }

    private struct Sizes {
        let rows: Int
        let depth: Int
        let columns: Int
    }

    private func multiply<Number: TensorElement & BinaryFloatingPoint>(
        _: Number.Type,
        _ operands: Operands,
        _ stack: [Int],
        _ stacks: ([Int], [Int]),
        _ sizes: Sizes,
        into result: inout Tensor
    ) {
        guard result.storedCount > 0 else { return }
        let (x, y) = (operands.elements(0, of: Number.self), operands.elements(1, of: Number.self))
        let views = [
            StridedView(of: stacks.0, broadcastTo: stack).strides,
            StridedView(of: stacks.1, broadcastTo: stack).strides,
        ]
        let (leftSize, rightSize) = (sizes.rows * sizes.depth, sizes.depth * sizes.columns)
        Number.modify(&result) { elements in
            var place = 0
            var walk = ViewWalk(stack, views, offsets: [0, 0])
            repeat {
                for step in 0..<walk.runLength {
                    let from = (
                        (walk.offsets[0] + step * walk.runSteps[0]) * leftSize,
                        (walk.offsets[1] + step * walk.runSteps[1]) * rightSize
                    )
                    let w =
                        turned.map { Number.elements(of: $0) }
                        ?? transposed(
                            y[from.1..<from.1 + rightSize],
                            rows: sizes.depth,
                            columns: sizes.columns
                        )
                    let size = sizes.rows * sizes.columns
                    var all = elements.mutableSpan
                    var target = all._mutatingExtracting(place..<place + size)
                    multiplyRows(
                        x.span.extracting(from.0..<from.0 + leftSize),
                        rows: sizes.rows,
                        depth: sizes.depth,
                        w.span,
                        columns: sizes.columns,
                        into: &target
                    ) { Number($1) }
                    place += size
                }
            } while walk.advance()
        }
    }
}

/// α · A · B + β · C, either matrix turned over before.
struct GemmKernel: Kernel {
    private let alpha: Double
    private let beta: Double
    private let transposesLeft: Bool
    private let transposesRight: Bool
    private let depth: Int?
    /// A constant right matrix, with a row for each column of the result.
    private let turned: Tensor?

    init(
        alpha: Double,
        beta: Double,
        transposesLeft: Bool,
        transposesRight: Bool,
        right: Tensor?
    ) {
        self.alpha = alpha
        self.beta = beta
        self.transposesLeft = transposesLeft
        self.transposesRight = transposesRight
        let right = right.flatMap { $0.shape.count == 2 ? $0 : nil }
        depth = transposesLeft ? nil : right?.shape[transposesRight ? 1 : 0]
        turned = transposesRight ? right : right?.turned
    }

    var width: WidthDemand { depth.map(WidthDemand.length) ?? .none }

    func cost(_ operands: Operands) -> Int {
        let shape = operands.shape(0)
        return operands.multiplications(depth: transposesLeft ? shape.first : shape.last)
    }

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        let (left, right) = (operands.shape(0), operands.shape(1))
        guard left.count == 2, right.count == 2 else {
            throw .shape(found: left.count == 2 ? right : left, expected: "rows × columns")
        }
        let (rows, depth) = transposesLeft ? (left[1], left[0]) : (left[0], left[1])
        let (inner, columns) = transposesRight ? (right[1], right[0]) : (right[0], right[1])
        guard depth == inner else {
            throw .shape(found: left, expected: "one whose product with \(right) exists")
        }
        try results[0].prepare(operands.element(0), rows: rows, width: columns, most: operands.most)
        var bias: StridedView?
        if operands.has(2) {
            let shape = operands.shape(2)
            guard shape.count <= 2, try Shape.broadcast(shape, [rows, columns]) == [rows, columns]
            else {
                throw .shape(found: shape, expected: "one that stretches to \([rows, columns])")
            }
            bias = StridedView(of: shape, broadcastTo: [rows, columns])
        }
        switch operands.element(0) {
        case .float: multiply(Float.self, operands, depth, bias, into: &results[0])
        default: multiply(Double.self, operands, depth, bias, into: &results[0])
        }
    }

    private func multiply<Number: TensorElement & BinaryFloatingPoint>(
        _: Number.Type,
        _ operands: Operands,
        _ depth: Int,
        _ bias: StridedView?,
        into result: inout Tensor
    ) {
        var x = operands.elements(0, of: Number.self)
        let (rows, columns) = (result.shape[0], result.shape[1])
        if transposesLeft { x = transposed(x[...], rows: depth, columns: rows) }
        var w = turned.map { Number.elements(of: $0) } ?? operands.elements(1)
        if turned == nil, !transposesRight {
            w = transposed(w[...], rows: depth, columns: columns)
        }
        let added = bias == nil ? [] : operands.elements(2, of: Number.self)
        Number.modify(&result) { elements in
            var target = elements.mutableSpan
            multiplyRows(
                x.span,
                rows: rows,
                depth: depth,
                w.span,
                columns: columns,
                into: &target
            ) { Number(alpha * $1) }
            guard let bias else { return }
            for row in 0..<rows {
                for column in 0..<columns {
                    let place = row * bias.strides[0] + column * bias.strides[1]
                    target[row * columns + column] += Number(beta * Double(added[place]))
                }
            }
        }
    }
}

extension Operands {
    /// The multiplications of a product of the first two operands, or more: every element of the
    /// left one meets every column of the right one, along whose `depth` products are added.
    fileprivate func multiplications(depth: Int?) -> Int {
        let columns = max(1, storedCount(1) / max(depth ?? 1, 1))
        let (product, overflow) = storedCount(0).multipliedReportingOverflow(by: columns)
        return overflow ? .max : max(product, elementCount)
    }
}

extension Tensor {
    /// A matrix of floating-point numbers with its columns as rows.
    fileprivate var turned: Tensor {
        var result = Tensor(element, shape: [shape[1], shape[0]])
        result.floats = transposed(
            floats[...],
            rows: floats.isEmpty ? 0 : shape[0],
            columns: shape[1]
        )
        result.doubles = transposed(
            doubles[...],
            rows: doubles.isEmpty ? 0 : shape[0],
            columns: shape[1]
        )
        return result
    }
}
