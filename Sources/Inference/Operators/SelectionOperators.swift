// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Operators of the default domain that take a part of a tensor.
enum SelectionOperators {
    private static let newest = OperatorTable.newestStandard

    static let definitions: [OperatorDefinition] = [
        OperatorDefinition("Gather", 1...newest) { node throws(ModelError) in
            try node.checkOperandCount(2...2)
            _ = try node.wholeOperand(1)
            let axis = try node.axis("axis", default: 0)
            return .kernel(GatherKernel(axis: axis), [try node.operand(0).type])
        },
        OperatorDefinition("Slice", 1...newest) { node throws(ModelError) in
            let type = try node.operand(0).type
            guard node.version < 10 else {
                try node.checkOperandCount(3...5)
                for position in 1..<node.operands.count
                where position < 3 || node.operands[position] != nil {
                    _ = try node.wholeOperand(position)
                }
                return .kernel(SliceKernel(fixed: nil), [type])
            }
            guard let starts = try node.integers("starts"), let ends = try node.integers("ends")
            else { throw node.fault(found: "no starts or ends", expected: "both") }
            let axes = try node.integers("axes")
            return .kernel(SliceKernel(fixed: (starts, ends, axes)), [type])
        },
        OperatorDefinition("Split", 2...newest) { node throws(ModelError) in
            let type = try node.operand(0).type
            let kernel = SplitKernel(
                axis: try node.axis("axis", default: 0),
                lengths: node.version < 13 ? try node.integers("split") : nil,
                parts: node.resultCount
            )
            if let parts = node.version >= 18 ? try node.integer("num_outputs") : nil {
                guard parts == Int64(node.resultCount) else {
                    throw node.fault(
                        found: "num_outputs \(parts)",
                        expected: "\(node.resultCount), as there are outputs"
                    )
                }
            }
            return .kernel(kernel, Array(repeating: type, count: node.resultCount))
        },
    ]
}

/// Takes entries along an axis by their numbers; negative ones count from the end.
struct GatherKernel: Kernel {
    let axis: Int

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        let shape = operands.shape(0)
        let axis = try Shape.axis(axis, of: shape)
        let target = Array(shape[..<axis]) + operands.shape(1) + Array(shape[(axis + 1)...])
        try gather(operands, axis: axis, into: &results[0], shape: target)
    }
}

/// Takes entries of the first operand along an axis, by the numbers in the second.
///
/// - Throws: `KernelFault.value` for a number that no entry has.
func gather(
    _ operands: Operands,
    axis: Int,
    into result: inout Tensor,
    shape: [Int]
) throws(KernelFault) {
    let source = operands.shape(0)
    let length = source[axis]
    var indexes: [Int] = []
    for index in operands.integers(1) {
        guard index >= Int64(-length), index < Int64(length) else {
            throw .value(found: "index \(index)", expected: "one below \(length)")
        }
        indexes.append(Int(index) + (index < 0 ? length : 0))
    }
    try result.prepare(operands.element(0), shape, most: operands.most)
    let (outer, inner) = (Shape.product(source[..<axis]), Shape.product(source[(axis + 1)...]))
    func take<Element: TensorElement>(_: Element.Type) {
        let elements = operands.elements(0, of: Element.self)
        Element.modify(&result) { target in
            var target = target.mutableSpan
            var place = 0
            for block in 0..<outer {
                for index in indexes {
                    let from = (block * length + index) * inner
                    for offset in 0..<inner {
                        target[place] = elements[from + offset]
                        place += 1
                    }
                }
            }
        }
    }
    switch operands.element(0) {
    case .float: take(Float.self)
    case .double: take(Double.self)
    case .int64: take(Int64.self)
    case .string: take(String.self)
    }
}

/// Takes a range along some axes, with a step, forwards or backwards.
struct SliceKernel: Kernel {
    /// Starts, ends and axes of the first version, where they are attributes.
    let fixed: (starts: [Int64], ends: [Int64], axes: [Int64]?)?

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        let shape = operands.shape(0)
        let starts = fixed?.starts ?? operands.integers(1)
        let ends = fixed?.ends ?? operands.integers(2)
        let all = (0..<Int64(starts.count)).map { $0 }
        let named = fixed == nil && operands.has(3) ? operands.integers(3) : fixed?.axes
        let steps = operands.has(4) ? operands.integers(4) : all.map { _ in 1 }
        let axes = named ?? all
        guard ends.count == starts.count, axes.count == starts.count, steps.count == starts.count
        else {
            throw .value(
                found: "\(starts.count) starts, \(ends.count) ends, \(axes.count) axes",
                expected: "as many of each"
            )
        }
        var view = StridedView(of: shape)
        var seen: Set<Int> = []
        for index in starts.indices {
            guard let axis = Int(exactly: axes[index]),
                case let axis = try Shape.axis(axis, of: shape), seen.insert(axis).inserted,
                steps[index] != 0, let step = Int(exactly: steps[index].clampedToLengths)
            else { throw .value(found: "axes \(axes), steps \(steps)", expected: "valid ones") }
            let length = shape[axis]
            // Beyond either end a range is cut off; backwards it may end before the first.
            let bounds = step > 0 ? 0...length : -1...max(length - 1, -1)
            let first = Self.place(starts[index], length, in: bounds)
            let last = Self.place(ends[index], length, in: bounds)
            let distance = step > 0 ? last - first : first - last
            let count = distance > 0 ? (distance - 1) / abs(step) + 1 : 0
            view.shape[axis] = count
            view.offset += count > 0 ? first * view.strides[axis] : 0
            // With one entry the step is never taken, and may be too large to multiply.
            view.strides[axis] *= count > 1 ? step : 0
        }
        try copyView(view, operands, into: &results[0])
    }

    private static func place(_ index: Int64, _ length: Int, in bounds: ClosedRange<Int>) -> Int {
        let index = Int(index.clampedToLengths)
        return min(max(index < 0 ? index + length : index, bounds.lowerBound), bounds.upperBound)
    }
}

extension Int64 {
    /// Brought near to what a length can be, so that sums cannot overflow.
    fileprivate var clampedToLengths: Int64 { Swift.min(Swift.max(self, -1 << 40), 1 << 40) }
}

/// Cuts a tensor into parts along an axis.
struct SplitKernel: Kernel {
    let axis: Int
    /// The parts' lengths, where they are an attribute.
    let lengths: [Int64]?
    let parts: Int

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        let shape = operands.shape(0)
        let axis = try Shape.axis(axis, of: shape)
        let lengths = try partLengths(operands, shape[axis])
        var view = StridedView(of: shape)
        for (part, length) in lengths.enumerated() {
            view.shape[axis] = length
            try copyView(view, operands, into: &results[part])
            view.offset += length * view.strides[axis]
        }
    }

    private func partLengths(_ operands: Operands, _ whole: Int) throws(KernelFault) -> [Int] {
        if let named = lengths ?? (operands.has(1) ? operands.integers(1) : nil) {
            guard named.count == parts, named.allSatisfy({ $0 >= 0 && $0 <= Int64(whole) }),
                named.reduce(0, &+) == Int64(whole)
            else {
                throw .value(
                    found: "parts \(named.prefix(8))",
                    expected: "\(parts) that add up to \(whole)"
                )
            }
            return named.map { Int($0) }
        }
        // The last part is the smaller one where they cannot be equal.
        let length = (whole + parts - 1) / max(parts, 1)
        return (0..<parts).map { max(0, min(length, whole - $0 * length)) }
    }
}
