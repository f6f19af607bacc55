// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Operators of the default domain that make tensors of attributes or shapes.
enum ConstantOperators {
    private static let newest = OperatorTable.newestStandard

    static let definitions: [OperatorDefinition] = [
        OperatorDefinition("Constant", 1...newest) { node throws(ModelError) in
            if let tensor = try node.tensor("value") { return .constant(tensor) }
            if let float = try node.float("value_float") {
                return .constant(TypedTensor(tensor: Tensor([float], shape: []), type: .float))
            }
            if let floats = try node.floats("value_floats") {
                let tensor = Tensor(floats, shape: [floats.count])
                return .constant(TypedTensor(tensor: tensor, type: .float))
            }
            if let integer = try node.integer("value_int") {
                return .constant(TypedTensor(tensor: Tensor([integer], shape: []), type: .int64))
            }
            if let integers = try node.integers("value_ints") {
                let tensor = Tensor(integers, shape: [integers.count])
                return .constant(TypedTensor(tensor: tensor, type: .int64))
            }
            if let text = try node.text("value_string") {
                return .constant(TypedTensor(tensor: Tensor([text], shape: []), type: .string))
            }
            if let texts = try node.texts("value_strings") {
                let tensor = Tensor(texts, shape: [texts.count])
                return .constant(TypedTensor(tensor: tensor, type: .string))
            }
            throw node.fault(found: "no value", expected: "a dense one")
        },
        OperatorDefinition("ConstantOfShape", 9...newest) { node throws(ModelError) in
            let zero = TypedTensor(tensor: Tensor([Float(0)], shape: [1]), type: .float)
            let value = try node.tensor("value") ?? zero
            guard value.tensor.storedCount == 1 else {
                throw node.fault(found: "\(value.tensor.storedCount) values", expected: "one")
            }
            _ = try node.type(0, DataType.isWhole, "whole numbers")
            return .kernel(FillKernel(value: value.tensor), [value.type])
        },
        OperatorDefinition("Shape", 1...newest) { node throws(ModelError) in
            _ = try node.operand(0)
            let start = try node.integer("start", default: 0)
            let end = try node.integer("end")
            return .kernel(ShapeKernel(start: start, end: end), [.int64])
        },
        OperatorDefinition("Size", 1...newest) { node throws(ModelError) in
            _ = try node.operand(0)
            return .kernel(SizeKernel(), [.int64])
        },
    ]
}

/// A tensor of the shape that the operand names, full of one value.
struct FillKernel: Kernel {
    let value: Tensor

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        let shape = try operands.lengths(0)
        try results[0].prepare(value.element, shape, most: operands.most)
        switch value.element {
        case .float: fill(Float.self, &results[0])
        case .double: fill(Double.self, &results[0])
        case .int64: fill(Int64.self, &results[0])
        case .string: fill(String.self, &results[0])
        }
    }

    private func fill<Element: TensorElement>(_: Element.Type, _ result: inout Tensor) {
        let value = Element.elements(of: value)[0]
        Element.modify(&result) { target in
            for index in target.indices { target[index] = value }
        }
    }
}

/// The lengths of the operand's axes, or of some of them.
struct ShapeKernel: Kernel {
    let start: Int64
    let end: Int64?

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        let shape = operands.shape(0)
        func place(_ axis: Int64) -> Int {
            let rank = Int64(shape.count)
            return Int(min(max(axis < 0 ? axis + rank : axis, 0), rank))
        }
        let first = place(start)
        let lengths = shape[first..<max(first, end.map(place) ?? shape.count)]
        try results[0].prepare(.int64, rows: lengths.count, most: operands.most)
        for (index, length) in lengths.enumerated() { results[0].integers[index] = Int64(length) }
    }
}

/// The number of the operand's elements.
struct SizeKernel: Kernel {
    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        try results[0].prepare(.int64, [], most: operands.most)
        results[0].integers[0] = Int64(operands.storedCount(0))
    }
}

extension Operands {
    /// The whole numbers of an operand as lengths of axes.
    func lengths(_ position: Int) throws(KernelFault) -> [Int] {
        let numbers = integers(position)
        guard numbers.count <= ValueMessage.maximumRank,
            numbers.allSatisfy({ $0 >= 0 && $0 <= Int64(Int32.max) })
        else {
            throw .value(found: "lengths \(numbers.prefix(8))", expected: "those of a shape")
        }
        return numbers.map { Int($0) }
    }
}
