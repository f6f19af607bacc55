// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Operators of the default domain that look along an axis: softmax, greatest place, sums.
enum ReductionOperators {
    private static let newest = OperatorTable.newestStandard

    static let definitions: [OperatorDefinition] = [
        softmax("Softmax", isLogarithm: false), softmax("LogSoftmax", isLogarithm: true),
        extreme("ArgMax", isMaximum: true), extreme("ArgMin", isMaximum: false),
        reduction("ReduceSum", .sum, axesAreInputFrom: 13),
        reduction("ReduceMean", .mean), reduction("ReduceMax", .maximum),
        reduction("ReduceMin", .minimum), reduction("ReduceProd", .product),
        reduction("ReduceL1", .absoluteSum), reduction("ReduceL2", .euclidean),
        reduction("ReduceSumSquare", .squareSum), reduction("ReduceLogSum", .logarithmOfSum),
        reduction("ReduceLogSumExp", .logarithmOfExponentials),
    ]

    private static func softmax(_ name: String, isLogarithm: Bool) -> OperatorDefinition {
        OperatorDefinition(name, 1...newest) { node throws(ModelError) in
            let type = try node.type(0, DataType.isFloating, "floating-point numbers")
            let isAlongAxis = node.version >= 13
            let axis = try node.axis("axis", default: isAlongAxis ? -1 : 1)
            let kernel = SoftmaxKernel(
                axis: axis,
                takesFollowingAxes: !isAlongAxis,
                isLogarithm: isLogarithm
            )
            return .kernel(kernel, [type])
        }
    }

    private static func extreme(_ name: String, isMaximum: Bool) -> OperatorDefinition {
        OperatorDefinition(name, 1...newest) { node throws(ModelError) in
            _ = try node.type(0, DataType.isNumeric, "numbers")
            let kernel = ExtremeKernel(
                axis: try node.axis("axis", default: 0),
                keepsAxis: try node.flag("keepdims", default: true),
                takesLast: try node.flag("select_last_index"),
                isMaximum: isMaximum
            )
            return .kernel(kernel, [.int64])
        }
    }

    private static func reduction(
        _ name: String,
        _ function: ReductionKernel.Function,
        axesAreInputFrom version: Int = 18
    ) -> OperatorDefinition {
        OperatorDefinition(name, 1...newest) { node throws(ModelError) in
            let accepts =
                function == .maximum || function == .minimum
                ? DataType.isNumberOrBool : DataType.isNumeric
            let type = try node.type(0, accepts, "numbers")
            var axes: [Int64]?
            if node.version < version { axes = try node.integers("axes") }
            let kernel = ReductionKernel(
                function: function,
                type: type,
                axes: axes,
                keepsAxes: try node.flag("keepdims", default: true),
                keepsAllWithoutAxes: try node.flag("noop_with_empty_axes")
            )
            return .kernel(kernel, [type])
        }
    }
}

extension NodeRequest {
    /// The number of an axis, which may count from the end.
    mutating func axis(_ name: String, default value: Int64) throws(ModelError) -> Int {
        let axis = try integer(name, default: value)
        guard abs(axis.clamped(to: -1000...1000)) <= ValueMessage.maximumRank else {
            throw fault(found: "axis \(axis)", expected: "that of a tensor")
        }
        return Int(axis)
    }
}

extension Int64 {
    fileprivate func clamped(to range: ClosedRange<Int64>) -> Int64 {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}

/// e^x over its sum, along an axis; NaN makes all of them NaN.
struct SoftmaxKernel: Kernel {
    let axis: Int
    /// Whether the axes from this one on are taken as one, as up to version 12.
    let takesFollowingAxes: Bool
    let isLogarithm: Bool

    var width: WidthDemand { .asResult }

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        let shape = operands.shape(0)
        let axis = shape.isEmpty ? 0 : try Shape.axis(self.axis, of: shape)
        let length =
            takesFollowingAxes
            ? Shape.product(shape[axis...]) : shape.isEmpty ? 1 : shape[axis]
        let inner = takesFollowingAxes ? 1 : Shape.product(shape.dropFirst(axis + 1))
        try copyElements(operands, into: &results[0], shape: shape)
        guard results[0].storedCount > 0 else { return }
        switch operands.element(0) {
        case .float: apply(Float.self, length, inner, to: &results[0])
        default: apply(Double.self, length, inner, to: &results[0])
        }
    }

    private func apply<Number: TensorElement & BinaryFloatingPoint>(
        _: Number.Type,
        _ length: Int,
        _ inner: Int,
        to result: inout Tensor
    ) {
        Number.modify(&result) { elements in
            var target = elements.mutableSpan
            for outer in stride(from: 0, to: target.count, by: length * inner) {
                for column in 0..<inner {
                    softmaxOfRun(
                        &target,
                        from: outer + column,
                        step: inner,
                        count: length,
                        isLogarithm: isLogarithm
                    )
                }
            }
        }
    }
}

/// Replaces numbers that lie `step` apart by e^x over its sum, or by that logarithm.
@inline(__always)
func softmaxOfRun<Number: BinaryFloatingPoint>(
    _ numbers: inout MutableSpan<Number>,
    from first: Int,
    step: Int,
    count: Int,
    isLogarithm: Bool = false
) {
    var greatest = -Double.infinity
    for index in 0..<count { greatest = max(greatest, Double(numbers[first + index * step])) }
    var sum = 0.0
    for index in 0..<count { sum += exponential(Double(numbers[first + index * step]) - greatest) }
    let logarithm = isLogarithm ? naturalLogarithm(sum) : 0
    for index in 0..<count {
        let shifted = Double(numbers[first + index * step]) - greatest
        numbers[first + index * step] = Number(
            isLogarithm ? shifted - logarithm : exponential(shifted) / sum
        )
    }
}

/// The place of the greatest or least element along an axis; of equal ones the first.
struct ExtremeKernel: Kernel {
    let axis: Int
    let keepsAxis: Bool
    let takesLast: Bool
    let isMaximum: Bool

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        var shape = operands.shape(0)
        let axis = try Shape.axis(self.axis, of: shape)
        let (length, inner) = (shape[axis], Shape.product(shape.dropFirst(axis + 1)))
        guard length > 0 else { throw .shape(found: shape, expected: "one with elements") }
        if keepsAxis { shape[axis] = 1 } else { shape.remove(at: axis) }
        try results[0].prepare(.int64, shape, most: operands.most)
        switch operands.element(0) {
        case .float: find(operands.floats(0), length, inner, into: &results[0])
        case .double: find(operands.doubles(0), length, inner, into: &results[0])
        default: find(operands.integers(0), length, inner, into: &results[0])
        }
    }

    private func find<Number: Comparable>(
        _ numbers: [Number],
        _ length: Int,
        _ inner: Int,
        into result: inout Tensor
    ) {
        var target = result.integers.mutableSpan
        for place in 0..<target.count {
            let first = place / inner * length * inner + place % inner
            var best = 0
            for index in 1..<max(length, 1) {
                let (candidate, known) = (
                    numbers[first + index * inner], numbers[first + best * inner]
                )
                let isBetter = isMaximum ? candidate > known : candidate < known
                if isBetter || takesLast && candidate == known { best = index }
            }
            target[place] = Int64(best)
        }
    }
}
