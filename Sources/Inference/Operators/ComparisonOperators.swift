// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Operators of the default domain that give or take truth values.
enum ComparisonOperators {
    private static let newest = OperatorTable.newestStandard

    static let definitions: [OperatorDefinition] = [
        comparison("Equal", 7, .equal), comparison("Less", 7, .less),
        comparison("LessOrEqual", 12, .lessOrEqual), comparison("Greater", 7, .greater),
        comparison("GreaterOrEqual", 12, .greaterOrEqual),
        logic("And", .and), logic("Or", .or), logic("Xor", .unequal),
        OperatorDefinition("Not", 1...newest) { node throws(ModelError) in
            _ = try node.type(0, DataType.isBool, "bool")
            return .kernel(ClassifyKernel(test: .isZero), [.bool])
        },
        OperatorDefinition("IsNaN", 9...newest) { node throws(ModelError) in
            _ = try node.type(0, DataType.isFloating, "floating-point numbers")
            return .kernel(ClassifyKernel(test: .isNaN), [.bool])
        },
        OperatorDefinition("IsInf", 10...newest) { node throws(ModelError) in
            _ = try node.type(0, DataType.isFloating, "floating-point numbers")
            let test = ClassifyKernel.Test.isInfinite(
                positive: try node.flag("detect_positive", default: true),
                negative: try node.flag("detect_negative", default: true)
            )
            return .kernel(ClassifyKernel(test: test), [.bool])
        },
        OperatorDefinition("Where", 9...newest) { node throws(ModelError) in
            try node.checkOperandCount(3...3)
            _ = try node.type(0, DataType.isBool, "bool")
            let type = try node.commonType(from: 1, DataType.isAny, "any type")
            return .kernel(WhereKernel(), [type])
        },
    ]

    private static func comparison(
        _ name: String,
        _ first: Int,
        _ relation: ComparisonKernel.Relation
    ) -> OperatorDefinition {
        OperatorDefinition(name, first...newest) { node throws(ModelError) in
            try node.checkOperandCount(2...2)
            _ = try node.commonType(
                relation == .equal ? DataType.isAny : DataType.isNumeric,
                "values that compare"
            )
            return .kernel(ComparisonKernel(relation: relation), [.bool])
        }
    }

    private static func logic(
        _ name: String,
        _ relation: ComparisonKernel.Relation
    ) -> OperatorDefinition {
        OperatorDefinition(name, 7...newest) { node throws(ModelError) in
            try node.checkOperandCount(2...2)
            _ = try node.commonType(DataType.isBool, "bool")
            return .kernel(ComparisonKernel(relation: relation), [.bool])
        }
    }
}

/// Compares the elements of two tensors; nothing compares with NaN.
struct ComparisonKernel: Kernel {
    enum Relation: Sendable {
        case equal, unequal, less, lessOrEqual, greater, greaterOrEqual, and, or
    }

    let relation: Relation

    var width: WidthDemand { .asResult }

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        switch operands.element(0) {
        case .float: try compare(Float.self, operands, into: &results[0])
        case .double: try compare(Double.self, operands, into: &results[0])
        case .int64: try compare(Int64.self, operands, into: &results[0])
        case .string: try compare(String.self, operands, into: &results[0])
        }
    }

    private func compare<Element: TensorElement & Comparable>(
        _: Element.Type,
        _ operands: Operands,
        into result: inout Tensor
    ) throws(KernelFault) {
        let (x, y) = (
            operands.elements(0, of: Element.self), operands.elements(1, of: Element.self)
        )
        let shapes = (operands.shape(0), operands.shape(1))
        try broadcast(x, y, shapes: shapes, into: &result, most: operands.most) {
            holds($0, $1) ? Int64(1) : 0
        }
    }

    @inline(__always)
    private func holds<Element: TensorElement & Comparable>(_ x: Element, _ y: Element) -> Bool {
        switch relation {
        case .equal: x == y
        case .unequal: x != y
        case .less: x < y
        case .lessOrEqual: x <= y
        case .greater: x > y
        case .greaterOrEqual: x >= y
        case .and: x != Element.blank && y != Element.blank
        case .or: x != Element.blank || y != Element.blank
        }
    }
}

/// Asks a question of every element.
struct ClassifyKernel: Kernel {
    enum Test: Sendable {
        case isZero
        case isNaN
        case isInfinite(positive: Bool, negative: Bool)
    }

    let test: Test

    var width: WidthDemand { .asResult }

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        try results[0].prepare(.int64, operands.shape(0), most: operands.most)
        let values = operands.numbers(0)
        for index in values.indices { results[0].integers[index] = holds(values[index]) ? 1 : 0 }
    }

    private func holds(_ value: Double) -> Bool {
        switch test {
        case .isZero: value == 0
        case .isNaN: value.isNaN
        case .isInfinite(let positive, let negative):
            value.isInfinite && (value > 0 ? positive : negative)
        }
    }
}

/// Takes each element from the first tensor where the condition holds, else from the second.
struct WhereKernel: Kernel {
    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        switch operands.element(1) {
        case .float: try choose(Float.self, operands, into: &results[0])
        case .double: try choose(Double.self, operands, into: &results[0])
        case .int64: try choose(Int64.self, operands, into: &results[0])
        case .string: try choose(String.self, operands, into: &results[0])
        }
    }

    private func choose<Element: TensorElement>(
        _: Element.Type,
        _ operands: Operands,
        into result: inout Tensor
    ) throws(KernelFault) {
        let shape = try Shape.broadcast(
            operands.shape(0),
            Shape.broadcast(operands.shape(1), operands.shape(2))
        )
        try result.prepare(Element.element, shape, most: operands.most)
        let (x, y) = (
            operands.elements(1, of: Element.self), operands.elements(2, of: Element.self)
        )
        let condition = operands.integers(0)
        let views = (0..<3).map { StridedView(of: operands.shape($0), broadcastTo: shape).strides }
        Element.modify(&result) { target in
            guard !target.isEmpty else { return }
            var walk = ViewWalk(shape, views, offsets: [0, 0, 0])
            let (length, steps) = (walk.runLength, walk.runSteps)
            var place = 0
            repeat {
                let from = walk.offsets
                for step in 0..<length {
                    target[place] =
                        condition[from[0] + step * steps[0]] != 0
                        ? x[from[1] + step * steps[1]] : y[from[2] + step * steps[2]]
                    place += 1
                }
            } while walk.advance()
        }
    }
}
