// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Operators of the default domain that work on each element by itself, with broadcasting.
enum ElementwiseOperators {
    private static let newest = OperatorTable.newestStandard

    static let definitions: [OperatorDefinition] = plainUnary + parameterised + binary + others

    private static let plainUnary: [OperatorDefinition] = [
        unary("Neg", .negative, DataType.isNumeric), unary("Abs", .absolute, DataType.isNumeric),
        unary("Sign", .sign, DataType.isNumeric), unary("Floor", .floor),
        unary("Ceil", .ceiling), unary("Round", .round), unary("Reciprocal", .reciprocal),
        unary("Sqrt", .squareRoot), unary("Exp", .exponential), unary("Log", .logarithm),
        unary("Sigmoid", .sigmoid), unary("Tanh", .hyperbolicTangent),
        unary("Erf", .errorFunction), unary("Softplus", .softplus), unary("Softsign", .softsign),
        unary("Relu", .relu, DataType.isNumeric), unary("HardSwish", .hardSwish),
    ]

    private static let parameterised: [OperatorDefinition] = [
        withParameters("LeakyRelu", ["alpha": 0.01]) { .leakyRelu(alpha: $0[0]) },
        withParameters("ThresholdedRelu", ["alpha": 1]) { .thresholdedRelu(alpha: $0[0]) },
        withParameters("Elu", ["alpha": 1]) { .elu(alpha: $0[0]) },
        withParameters("Celu", ["alpha": 1]) { .celu(alpha: $0[0]) },
        withParameters(
            "Selu",
            ["alpha": 1.67326319217681884765625, "gamma": 1.05070102214813232421875]
        ) { .selu(alpha: $0[0], gamma: $0[1]) },
        withParameters("HardSigmoid", ["alpha": 0.2, "beta": 0.5]) {
            .hardSigmoid(alpha: $0[0], beta: $0[1])
        },
    ]

    /// Broadcasting as it is came with version 7, that of lists with version 8.
    private static let binary: [OperatorDefinition] = [
        pair("Add", .add), pair("Sub", .subtract), pair("Mul", .multiply), pair("Div", .divide),
        pair("PRelu", .prelu),
        list("Sum", .add), list("Min", .minimum), list("Max", .maximum),
        OperatorDefinition("Mean", 8...newest) { node throws(ModelError) in
            let type = try node.commonType(DataType.isFloating, "floating-point numbers")
            let kernel = BinaryKernel(function: .add, scale: 1 / Double(node.operands.count))
            return .kernel(kernel, [type])
        },
        OperatorDefinition("Mod", 10...newest) { node throws(ModelError) in
            try node.checkOperandCount(2...2)
            let type = try node.commonType(DataType.isNumeric, "numbers")
            let takesDividendsSign = try node.flag("fmod")
            guard takesDividendsSign || !type.isFloating || node.version >= 28 else {
                throw node.fault(found: "fmod 0 with \(type.name)", expected: "fmod 1")
            }
            let function: BinaryFunction = takesDividendsSign ? .remainder : .modulo
            return .kernel(BinaryKernel(function: function), [type])
        },
        OperatorDefinition("Pow", 7...newest) { node throws(ModelError) in
            try node.checkOperandCount(2...2)
            let type = try node.type(0, DataType.isNumeric, "numbers")
            let exponent = try node.type(1, DataType.isNumeric, "numbers")
            return exponent.element == type.element
                ? .kernel(BinaryKernel(function: .power), [type])
                : .kernel(MixedPowerKernel(type: type), [type])
        },
    ]

    private static let others: [OperatorDefinition] = [
        OperatorDefinition("Identity", 1...newest) { node throws(ModelError) in
            try node.checkOperandCount(1...1)
            return .alias(operand: 0, try node.operand(0).type)
        },
        OperatorDefinition("Dropout", 7...newest) { node throws(ModelError) in
            node.ignore("ratio", "seed")
            // The third input, from version 12 on, asks for dropping in training.
            guard node.resultCount == 1, try node.isKnownFalse(2) else {
                throw node.fault(found: "dropout as in training", expected: "inference")
            }
            return .alias(operand: 0, try node.operand(0).type)
        },
        OperatorDefinition("Clip", 6...newest, ClipKernel.define),
        OperatorDefinition("Cast", 6...newest, CastKernel.define),
        OperatorDefinition("CastLike", 15...newest, CastKernel.defineLike),
    ]

    private static func unary(
        _ name: String,
        _ function: UnaryFunction,
        _ accepts: @escaping @Sendable (DataType) -> Bool = DataType.isFloating
    ) -> OperatorDefinition {
        OperatorDefinition(name, 6...newest) { node throws(ModelError) in
            try node.checkOperandCount(1...1)
            let type = try node.type(0, accepts, "numbers")
            return .kernel(UnaryKernel(function: function), [type])
        }
    }

    /// A function with float attributes, which come in the order of their names.
    private static func withParameters(
        _ name: String,
        _ defaults: KeyValuePairs<String, Float>,
        _ function: @escaping @Sendable ([Double]) -> UnaryFunction
    ) -> OperatorDefinition {
        let parameters = defaults.map { ($0.key, $0.value) }
        return OperatorDefinition(name, 6...newest) { node throws(ModelError) in
            try node.checkOperandCount(1...1)
            let type = try node.type(0, DataType.isFloating, "floating-point numbers")
            var values: [Double] = []
            for (name, value) in parameters {
                values.append(Double(try node.float(name, default: value)))
            }
            return .kernel(UnaryKernel(function: function(values)), [type])
        }
    }

    private static func pair(_ name: String, _ function: BinaryFunction) -> OperatorDefinition {
        OperatorDefinition(name, 7...newest) { node throws(ModelError) in
            try node.checkOperandCount(2...2)
            let type = try node.commonType(DataType.isNumeric, "numbers")
            if function == .multiply, node.isOne(1) { return .alias(operand: 0, type) }
            let length = node.operands[1]?.constant.flatMap { $0.soleLength }
            return .kernel(BinaryKernel(function: function, constantLength: length), [type])
        }
    }

    private static func list(_ name: String, _ function: BinaryFunction) -> OperatorDefinition {
        OperatorDefinition(name, 8...newest) { node throws(ModelError) in
            let type = try node.commonType(DataType.isNumeric, "numbers")
            return .kernel(BinaryKernel(function: function), [type])
        }
    }
}

extension NodeRequest {
    /// Whether an operand is the scalar 1, which changes neither value nor shape of a factor.
    fileprivate func isOne(_ position: Int) -> Bool {
        guard let constant = operands[position]?.constant, constant.shape.isEmpty else {
            return false
        }
        return constant.floats.first == 1 || constant.doubles.first == 1
            || constant.integers.first == 1
    }

    /// Whether a flag among the operands is left out or known to be false.
    fileprivate func isKnownFalse(_ position: Int) throws(ModelError) -> Bool {
        try constantIntegers(position)?.allSatisfy { $0 == 0 } ?? true
    }
}

extension Tensor {
    /// The length of the last axis where all others are 1, and it is more than 1 itself.
    var soleLength: Int? {
        guard let length = shape.last, length > 1, shape.dropLast().allSatisfy({ $0 == 1 }) else {
            return nil
        }
        return length
    }
}
