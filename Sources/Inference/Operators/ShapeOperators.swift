// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Operators of the default domain that put elements into another shape or order.
enum ShapeOperators {
    private static let newest = OperatorTable.newestStandard

    static let definitions: [OperatorDefinition] = [
        OperatorDefinition("Reshape", 1...newest) { node throws(ModelError) in
            let type = try node.operand(0).type
            let fixed = node.version < 5 ? try node.integers("shape") : nil
            if fixed == nil { _ = try node.wholeOperand(1) }
            let kernel = ReshapeKernel(fixed: fixed, allowsZero: try node.flag("allowzero"))
            return .kernel(kernel, [type])
        },
        OperatorDefinition("Flatten", 1...newest) { node throws(ModelError) in
            let type = try node.operand(0).type
            return .kernel(FlattenKernel(axis: try node.axis("axis", default: 1)), [type])
        },
        OperatorDefinition("Squeeze", 1...newest) { node throws(ModelError) in
            let type = try node.operand(0).type
            let axes = node.version < 13 ? try node.integers("axes") : nil
            return .kernel(SqueezeKernel(axes: axes), [type])
        },
        OperatorDefinition("Unsqueeze", 1...newest) { node throws(ModelError) in
            let type = try node.operand(0).type
            let axes = node.version < 13 ? try node.integers("axes") : nil
            if axes == nil { _ = try node.wholeOperand(1) }
            return .kernel(UnsqueezeKernel(axes: axes), [type])
        },
        OperatorDefinition("Transpose", 1...newest) { node throws(ModelError) in
            let type = try node.operand(0).type
            return .kernel(TransposeKernel(order: try node.integers("perm")), [type])
        },
        OperatorDefinition("Expand", 8...newest) { node throws(ModelError) in
            _ = try node.wholeOperand(1)
            return .kernel(ExpandKernel(), [try node.operand(0).type])
        },
        OperatorDefinition("Tile", 6...newest) { node throws(ModelError) in
            _ = try node.wholeOperand(1)
            return .kernel(TileKernel(), [try node.operand(0).type])
        },
        OperatorDefinition("Concat", 4...newest) { node throws(ModelError) in
            let type = try node.commonType(DataType.isAny, "any type")
            guard node.operands.allSatisfy({ $0 != nil }) else {
                throw node.fault(found: "an input left out", expected: "all of them")
            }
            guard let axis = try node.integer("axis"), let axis = Int(exactly: axis) else {
                throw node.fault(found: "no axis", expected: "one")
            }
            if node.operands.count == 1 { return .alias(operand: 0, type) }
            return .kernel(ConcatKernel(axis: axis), [type])
        },
    ]
}

extension NodeRequest {
    /// The type of an operand of whole numbers.
    func wholeOperand(_ position: Int) throws(ModelError) -> DataType {
        try type(position, DataType.isWhole, "whole numbers")
    }
}

extension Operands {
    /// Axes, each counted from the front and named once.
    func axes(
        _ axes: [Int64]?,
        orIn position: Int,
        rank: Int
    ) throws(KernelFault) -> Set<Int>? {
        guard let named = axes ?? (has(position) ? integers(position) : nil) else { return nil }
        var result: Set<Int> = []
        for axis in named {
            guard axis >= Int64(-rank), axis < Int64(rank),
                result.insert(Int(axis < 0 ? axis + Int64(rank) : axis)).inserted
            else {
                throw .value(
                    found: "axes \(named.prefix(8))",
                    expected: "different ones of \(rank)"
                )
            }
        }
        return result
    }
}

/// Gives the elements another shape: 0 keeps a length, −1 stands for what is left.
struct ReshapeKernel: Kernel {
    let fixed: [Int64]?
    let allowsZero: Bool

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        let asked = fixed ?? operands.integers(1)
        let current = operands.shape(0)
        let count = operands.storedCount(0)
        var fault: KernelFault {
            .shape(found: current, expected: "\(count) elements in \(asked.prefix(8))")
        }
        var shape: [Int] = []
        var open: Int?
        for (axis, length) in asked.enumerated() {
            if length == -1, open == nil {
                open = axis
                shape.append(1)
            } else if length == 0, !allowsZero {
                guard axis < current.count else { throw fault }
                shape.append(current[axis])
            } else {
                guard length >= 0, let length = Int(exactly: length) else { throw fault }
                shape.append(length)
            }
        }
        let known = try Shape.count(shape, most: operands.most)
        if let open {
            guard known > 0, count % known == 0 else { throw fault }
            shape[open] = count / known
        }
        guard try Shape.count(shape, most: operands.most) == count else { throw fault }
        try copyElements(operands, into: &results[0], shape: shape)
    }
}

/// Makes a matrix: the axes before one become the rows, the rest the columns.
struct FlattenKernel: Kernel {
    let axis: Int

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        let shape = operands.shape(0)
        let axis = self.axis == shape.count ? self.axis : try Shape.axis(self.axis, of: shape)
        let flat = [Shape.product(shape[..<axis]), Shape.product(shape[axis...])]
        try copyElements(operands, into: &results[0], shape: flat)
    }
}

/// Takes axes of length 1 away.
struct SqueezeKernel: Kernel {
    let axes: [Int64]?

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        let shape = operands.shape(0)
        let named = try operands.axes(axes, orIn: 1, rank: shape.count)
        let gone = named ?? Set(shape.indices.filter { shape[$0] == 1 })
        guard gone.allSatisfy({ shape[$0] == 1 }) else {
            throw .shape(found: shape, expected: "length 1 at the axes \(gone.sorted())")
        }
        let kept = shape.indices.filter { !gone.contains($0) }.map { shape[$0] }
        try copyElements(operands, into: &results[0], shape: kept)
    }
}

/// Adds axes of length 1.
struct UnsqueezeKernel: Kernel {
    let axes: [Int64]?

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        let shape = operands.shape(0)
        let rank = shape.count + (axes?.count ?? operands.storedCount(1))
        guard rank <= ValueMessage.maximumRank else {
            throw .shape(found: shape, expected: "at most \(ValueMessage.maximumRank) axes")
        }
        let new = try operands.axes(axes, orIn: 1, rank: rank) ?? []
        var lengths = shape.makeIterator()
        let stretched = (0..<rank).map { new.contains($0) ? 1 : lengths.next() ?? 1 }
        try copyElements(operands, into: &results[0], shape: stretched)
    }
}

/// Copies the elements that a view of the first operand names, in its order.
func copyView(
    _ view: StridedView,
    _ operands: Operands,
    into result: inout Tensor,
    shape: [Int]? = nil
) throws(KernelFault) {
    func copy<Element: TensorElement>(_: Element.Type) {
        let source = operands.elements(0, of: Element.self)
        Element.modify(&result) { view.copy(source, into: &$0) }
    }
    try result.prepare(operands.element(0), shape ?? view.shape, most: operands.most)
    switch operands.element(0) {
    case .float: copy(Float.self)
    case .double: copy(Double.self)
    case .int64: copy(Int64.self)
    case .string: copy(String.self)
    }
}

/// Puts the axes in another order; reverses it where none is given.
struct TransposeKernel: Kernel {
    let order: [Int64]?

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        let shape = operands.shape(0)
        let order = order?.compactMap { Int(exactly: $0) } ?? shape.indices.reversed()
        guard order.sorted() == Array(shape.indices) else {
            throw .shape(found: shape, expected: "one with the axes \(order.prefix(8))")
        }
        let whole = StridedView(of: shape)
        let view = StridedView(
            shape: order.map { shape[$0] },
            strides: order.map { whole.strides[$0] }
        )
        try copyView(view, operands, into: &results[0])
    }
}

/// Stretches axes of length 1, both ways.
struct ExpandKernel: Kernel {
    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        let original = operands.shape(0)
        let shape = try Shape.broadcast(original, try operands.lengths(1))
        try copyView(StridedView(of: original, broadcastTo: shape), operands, into: &results[0])
    }
}

/// Repeats the tensor along each axis.
struct TileKernel: Kernel {
    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        let shape = operands.shape(0)
        let repeats = try operands.lengths(1)
        guard repeats.count == shape.count else {
            throw .shape(found: shape, expected: "one with \(repeats.count) axes")
        }
        // Each axis becomes two: the repetitions, which do not move, and the axis itself.
        let strides = Shape.strides(shape)
        let view = StridedView(
            shape: shape.indices.flatMap { [repeats[$0], shape[$0]] },
            strides: shape.indices.flatMap { [0, strides[$0]] }
        )
        _ = try Shape.count(view.shape, most: operands.most)
        let tiled = shape.indices.map { shape[$0] * repeats[$0] }
        try copyView(view, operands, into: &results[0], shape: tiled)
    }
}

/// Joins tensors along an axis.
struct ConcatKernel: Kernel {
    let axis: Int

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        let first = operands.shape(0)
        let axis = try Shape.axis(axis, of: first)
        var length = 0
        for position in 0..<operands.count {
            let shape = operands.shape(position)
            guard shape.count == first.count, axis < shape.count,
                first.indices.allSatisfy({ $0 == axis || shape[$0] == first[$0] })
            else { throw .shape(found: shape, expected: "\(first) but for axis \(axis)") }
            // Lengths are at most that of a tensor, and there are few operands.
            length += shape[axis]
        }
        if first.count == 2, axis == 1 {
            try results[0].prepare(
                operands.element(0),
                rows: first[0],
                width: length,
                most: operands.most
            )
        } else {
            var shape = first
            shape[axis] = length
            try results[0].prepare(operands.element(0), shape, most: operands.most)
        }
        let outer = Shape.product(first[..<axis])
        let inner = Shape.product(first[(axis + 1)...])
        switch operands.element(0) {
        case .float: join(Float.self, operands, axis, outer, inner, into: &results[0])
        case .double: join(Double.self, operands, axis, outer, inner, into: &results[0])
        case .int64: join(Int64.self, operands, axis, outer, inner, into: &results[0])
        case .string: join(String.self, operands, axis, outer, inner, into: &results[0])
        }
    }

    private func join<Element: TensorElement>(
        _: Element.Type,
        _ operands: Operands,
        _ axis: Int,
        _ outer: Int,
        _ inner: Int,
        into result: inout Tensor
    ) {
        let stride = result.shape[axis] * inner
        Element.modify(&result) { elements in
            var target = elements.mutableSpan
            var start = 0
            for position in 0..<operands.count {
                let source = operands.elements(position, of: Element.self)
                let length = operands.shape(position)[axis] * inner
                for block in 0..<outer {
                    let (from, to) = (block * length, block * stride + start)
                    for index in 0..<length { target[to + index] = source[from + index] }
                }
                start += length
            }
        }
    }
}
