// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// e to the power of x.
func exponential(_ x: Double) -> Double { exp(x) }

/// The logarithm to base e.
func naturalLogarithm(_ x: Double) -> Double { log(x) }

/// Makes one number of all along some axes.
struct ReductionKernel: Kernel {
    enum Function: Sendable {
        case sum, mean, maximum, minimum, product, absoluteSum, euclidean, squareSum
        case logarithmOfSum, logarithmOfExponentials
    }

    let function: Function
    let type: DataType
    /// nil: the second operand names them, if there is one; none at all means all axes.
    let axes: [Int64]?
    let keepsAxes: Bool
    let keepsAllWithoutAxes: Bool

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        let shape = operands.shape(0)
        let named = axes ?? (operands.has(1) ? operands.integers(1) : [])
        guard !named.isEmpty || !keepsAllWithoutAxes else {
            return try reduce(operands, StridedView(of: shape), 1, shape, into: &results[0])
        }
        var isReduced = [Bool](repeating: named.isEmpty, count: shape.count)
        for axis in named {
            guard let axis = Int(exactly: axis) else {
                throw .value(found: "axis \(axis)", expected: "one of \(shape)")
            }
            isReduced[try Shape.axis(axis, of: shape)] = true
        }
        // The axes that go come last, so that what makes one number lies side by side.
        let order = shape.indices.filter { !isReduced[$0] } + shape.indices.filter { isReduced[$0] }
        let whole = StridedView(of: shape)
        let view = StridedView(
            shape: order.map { shape[$0] },
            strides: order.map { whole.strides[$0] }
        )
        let kept = shape.indices.compactMap { isReduced[$0] ? (keepsAxes ? 1 : nil) : shape[$0] }
        let length = shape.indices.reduce(1) { isReduced[$1] ? $0 &* shape[$1] : $0 }
        try reduce(operands, view, length, kept, into: &results[0])
    }

    private func reduce(
        _ operands: Operands,
        _ view: StridedView,
        _ length: Int,
        _ shape: [Int],
        into result: inout Tensor
    ) throws(KernelFault) {
        try result.prepare(operands.element(0), shape, most: operands.most)
        switch operands.element(0) {
        case .float:
            let numbers = view.elements(of: operands.floats(0))
            var target = result.floats.mutableSpan
            for index in 0..<target.count {
                let run = numbers[index * length..<(index + 1) * length]
                target[index] = Float(value(run.map { Double($0) }))
            }
        case .double:
            let numbers = view.elements(of: operands.doubles(0))
            var target = result.doubles.mutableSpan
            for index in 0..<target.count {
                target[index] = value(Array(numbers[index * length..<(index + 1) * length]))
            }
        default:
            let numbers = view.elements(of: operands.integers(0))
            var target = result.integers.mutableSpan
            for index in 0..<target.count {
                target[index] = value(numbers[index * length..<(index + 1) * length])
            }
        }
    }

    /// The number that some make; NaN if one is.
    private func value(_ x: [Double]) -> Double {
        switch function {
        case .sum: x.reduce(0, +)
        case .mean: x.reduce(0, +) / Double(x.count)
        case .maximum: x.reduce(-.infinity) { BinaryFunction.maximum($0, $1) }
        case .minimum: x.reduce(.infinity) { BinaryFunction.minimum($0, $1) }
        case .product: x.reduce(1, *)
        case .absoluteSum: x.reduce(0) { $0 + abs($1) }
        case .euclidean: x.reduce(0) { $0 + $1 * $1 }.squareRoot()
        case .squareSum: x.reduce(0) { $0 + $1 * $1 }
        case .logarithmOfSum: log(x.reduce(0, +))
        case .logarithmOfExponentials: Self.logarithmOfExponentials(x)
        }
    }

    private static func logarithmOfExponentials(_ x: [Double]) -> Double {
        let greatest = x.reduce(-.infinity) { BinaryFunction.maximum($0, $1) }
        guard greatest.isFinite else { return greatest }
        return greatest + log(x.reduce(0) { $0 + exp($1 - greatest) })
    }

    /// Wraps around; roots, means and logarithms are cut to whole numbers.
    private func value(_ x: ArraySlice<Int64>) -> Int64 {
        switch function {
        case .sum: x.reduce(0, &+)
        case .mean: x.isEmpty ? 0 : x.reduce(0, &+) / Int64(x.count)
        case .maximum: x.max() ?? type.wholeRange.lowerBound
        case .minimum: x.min() ?? type.wholeRange.upperBound
        case .product: x.reduce(1, &*)
        case .absoluteSum: x.reduce(0) { $0 &+ Int64(truncatingIfNeeded: $1.magnitude) }
        case .squareSum: x.reduce(0) { $0 &+ $1 &* $1 }
        case .euclidean, .logarithmOfSum, .logarithmOfExponentials:
            DataType.int64.truncate(value(x.map { Double($0) }))
        }
    }
}

extension StridedView {
    /// The elements in the view's order.
    func elements<Element: TensorElement>(of source: [Element]) -> [Element] {
        var result = [Element](repeating: .blank, count: shape.reduce(1, &*))
        copy(source, into: &result)
        return result
    }
}
