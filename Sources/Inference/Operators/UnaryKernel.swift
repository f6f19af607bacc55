// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A function of one number, with its parameters.
enum UnaryFunction: Sendable {
    case negative, absolute, sign, floor, ceiling, round, reciprocal, squareRoot
    case exponential, logarithm, sigmoid, hyperbolicTangent, errorFunction, softplus, softsign
    case relu
    case leakyRelu(alpha: Double)
    case thresholdedRelu(alpha: Double)
    case elu(alpha: Double)
    case celu(alpha: Double)
    case selu(alpha: Double, gamma: Double)
    case hardSigmoid(alpha: Double, beta: Double)
    case hardSwish

    /// The value in double precision, from which a float is rounded once; NaN gives NaN.
    @inline(__always)
    func callAsFunction(_ x: Double) -> Double {
        switch self {
        case .negative: -x
        case .absolute: Swift.abs(x)
        case .sign: x.isNaN ? x : (x > 0 ? 1 : 0) - (x < 0 ? 1 : 0)
        case .floor: x.rounded(.down)
        case .ceiling: x.rounded(.up)
        case .round: x.rounded(.toNearestOrEven)
        case .reciprocal: 1 / x
        case .squareRoot: x.squareRoot()
        case .exponential: exp(x)
        case .logarithm: log(x)
        case .sigmoid: Self.logistic(x)
        case .hyperbolicTangent: tanh(x)
        case .errorFunction: erf(x)
        case .softplus: x > 0 ? x + log1p(exp(-x)) : log1p(exp(x))
        case .softsign: x / (1 + Swift.abs(x))
        case .relu: x < 0 ? 0 : x
        case .leakyRelu(let alpha): x < 0 ? alpha * x : x
        case .thresholdedRelu(let alpha): x > alpha ? x : 0
        case .elu(let alpha): x < 0 ? alpha * expm1(x) : x
        case .celu(let alpha): x.isNaN ? x : max(0, x) + min(0, alpha * expm1(x / alpha))
        case .selu(let alpha, let gamma): gamma * (x > 0 ? x : alpha * expm1(x))
        case .hardSigmoid(let alpha, let beta): clamp(alpha * x + beta)
        case .hardSwish: x * clamp(x / 6 + 0.5)
        }
    }

    /// 1/(1 + e^−x), without overflow on either side.
    @inline(__always)
    static func logistic(_ x: Double) -> Double {
        guard x < 0 else { return 1 / (1 + exp(-x)) }
        let power = exp(x)
        return power / (1 + power)
    }

    private func clamp(_ x: Double) -> Double { x < 0 ? 0 : x > 1 ? 1 : x }

    /// The value for a whole number; the few functions that ONNX has for them.
    @inline(__always)
    func callAsFunction(_ x: Int64) -> Int64 {
        switch self {
        case .negative: 0 &- x
        case .absolute: x < 0 ? 0 &- x : x
        case .sign: x.signum()
        case .relu: Swift.max(0, x)
        default: x
        }
    }
}

/// Applies a function to every element.
struct UnaryKernel: Kernel {
    let function: UnaryFunction

    var width: WidthDemand { .asResult }

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        let element = operands.element(0)
        try results[0].prepare(element, operands.shape(0), most: operands.most)
        switch element {
        case .float:
            let source = operands.floats(0)
            var target = results[0].floats.mutableSpan
            for index in source.indices { target[index] = Float(function(Double(source[index]))) }
        case .double:
            let source = operands.doubles(0)
            var target = results[0].doubles.mutableSpan
            for index in source.indices { target[index] = function(source[index]) }
        case .int64:
            let source = operands.integers(0)
            var target = results[0].integers.mutableSpan
            for index in source.indices { target[index] = function(source[index]) }
        case .string: break
        }
    }
}

/// Copies an operand, where a result has to have a tensor of its own.
struct CopyKernel: Kernel {
    var width: WidthDemand { .asResult }

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        try copyElements(operands, into: &results[0], shape: operands.shape(0))
    }
}

/// Copies all elements of the first operand into a tensor of a shape for as many.
func copyElements(
    _ operands: Operands,
    into result: inout Tensor,
    shape: [Int]
) throws(KernelFault) {
    func copy<Element: TensorElement>(_: Element.Type) {
        let source = operands.elements(0, of: Element.self)
        Element.modify(&result) { elements in
            var target = elements.mutableSpan
            for index in source.indices { target[index] = source[index] }
        }
    }
    try result.prepare(operands.element(0), shape, most: operands.most)
    switch operands.element(0) {
    case .float: copy(Float.self)
    case .double: copy(Double.self)
    case .int64: copy(Int64.self)
    case .string: copy(String.self)
    }
}
