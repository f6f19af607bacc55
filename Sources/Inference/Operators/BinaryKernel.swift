// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A function of two numbers of one type.
enum BinaryFunction: Sendable {
    case add, subtract, multiply, divide, power
    /// NaN if either is.
    case minimum, maximum
    /// The remainder with the divisor's sign, and with the dividend's.
    case modulo, remainder
    /// x for x ≥ 0, else x · slope.
    case prelu

    @inline(__always)
    func callAsFunction<Number: BinaryFloatingPoint>(_ x: Number, _ y: Number) -> Number {
        switch self {
        case .add: x + y
        case .subtract: x - y
        case .multiply: x * y
        case .divide: x / y
        case .power: Number(pow(Double(x), Double(y)))
        case .minimum: x.isNaN ? x : y.isNaN ? y : Swift.min(x, y)
        case .maximum: x.isNaN ? x : y.isNaN ? y : Swift.max(x, y)
        case .modulo: floorRemainder(x, y)
        case .remainder: x.truncatingRemainder(dividingBy: y)
        case .prelu: x < 0 ? x * y : x
        }
    }

    private func floorRemainder<Number: BinaryFloatingPoint>(_ x: Number, _ y: Number) -> Number {
        let rest = x.truncatingRemainder(dividingBy: y)
        return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest
    }

    /// Wraps around as two's complement does.
    @inline(__always)
    func callAsFunction(_ x: Int64, _ y: Int64) throws(KernelFault) -> Int64 {
        switch self {
        case .add: return x &+ y
        case .subtract: return x &- y
        case .multiply: return x &* y
        case .power: return try Self.power(x, y)
        case .minimum: return Swift.min(x, y)
        case .maximum: return Swift.max(x, y)
        case .prelu: return x < 0 ? x &* y : x
        case .divide, .modulo, .remainder:
            guard y != 0 else { throw .value(found: "a divisor of 0", expected: "another") }
            if self == .divide { return x.dividedReportingOverflow(by: y).partialValue }
            let rest = x.remainderReportingOverflow(dividingBy: y).partialValue
            return self == .modulo && rest != 0 && (rest < 0) != (y < 0) ? rest &+ y : rest
        }
    }

    /// By squaring; a negative exponent leaves nothing but ±1.
    private static func power(_ base: Int64, _ exponent: Int64) throws(KernelFault) -> Int64 {
        guard exponent >= 0 else {
            guard base != 0 else {
                throw .value(found: "0 to a negative power", expected: "another")
            }
            return base == 1 ? 1 : base == -1 ? (exponent & 1 == 0 ? 1 : -1) : 0
        }
        var (result, square, rest): (Int64, Int64, Int64) = (1, base, exponent)
        while rest > 0 {
            if rest & 1 == 1 { result = result &* square }
            square = square &* square
            rest >>= 1
        }
        return result
    }
}

/// Combines tensors of one type, element by element, with broadcasting: two, or a list from the
/// left.
struct BinaryKernel: Kernel {
    let function: BinaryFunction
    /// What the result is multiplied with in the end, for a mean; 1 otherwise.
    var scale = 1.0
    /// The length of a constant operand's only axis that is no 1; settles the width of the other.
    var constantLength: Int?

    var width: WidthDemand { constantLength.map(WidthDemand.length) ?? .asResult }

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        switch operands.element(0) {
        case .float: try combineAll(operands, into: &results[0], combineFloats)
        case .double: try combineAll(operands, into: &results[0], combineDoubles)
        default: try combineAll(operands, into: &results[0], combineIntegers)
        }
    }

    private typealias Combine<Element> = (
        [Element], [Element], ([Int], [Int]), inout Tensor, Int
    ) throws(KernelFault) -> Void

    private func combineAll<Element: TensorElement>(
        _ operands: Operands,
        into result: inout Tensor,
        _ combine: Combine<Element>
    ) throws(KernelFault) {
        guard operands.count > 1 else {
            return try copyElements(operands, into: &result, shape: operands.shape(0))
        }
        try combine(
            operands.elements(0),
            operands.elements(1),
            (operands.shape(0), operands.shape(1)),
            &result,
            operands.most
        )
        for position in 2..<max(operands.count, 2) {
            let sum = result
            try combine(
                Element.elements(of: sum),
                operands.elements(position),
                (sum.shape, operands.shape(position)),
                &result,
                operands.most
            )
        }
        if scale != 1 { scaleAll(&result) }
    }

    private func scaleAll(_ result: inout Tensor) {
        for index in result.floats.indices {
            result.floats[index] = Float(Double(result.floats[index]) * scale)
        }
        for index in result.doubles.indices { result.doubles[index] *= scale }
    }

    // The arithmetic of most models has loops of its own; the rest decides element by element.

    private func combineFloats(
        _ x: [Float],
        _ y: [Float],
        _ shapes: ([Int], [Int]),
        _ result: inout Tensor,
        _ most: Int
    ) throws(KernelFault) {
        switch function {
        case .add: try broadcast(x, y, shapes: shapes, into: &result, most: most) { $0 + $1 }
        case .subtract: try broadcast(x, y, shapes: shapes, into: &result, most: most) { $0 - $1 }
        case .multiply: try broadcast(x, y, shapes: shapes, into: &result, most: most) { $0 * $1 }
        case .divide: try broadcast(x, y, shapes: shapes, into: &result, most: most) { $0 / $1 }
        default:
            try broadcast(x, y, shapes: shapes, into: &result, most: most) { function($0, $1) }
        }
    }

    private func combineDoubles(
        _ x: [Double],
        _ y: [Double],
        _ shapes: ([Int], [Int]),
        _ result: inout Tensor,
        _ most: Int
    ) throws(KernelFault) {
        try broadcast(x, y, shapes: shapes, into: &result, most: most) { function($0, $1) }
    }

    private func combineIntegers(
        _ x: [Int64],
        _ y: [Int64],
        _ shapes: ([Int], [Int]),
        _ result: inout Tensor,
        _ most: Int
    ) throws(KernelFault) {
        try broadcast(x, y, shapes: shapes, into: &result, most: most) {
            x,
            y throws(KernelFault) in try function(x, y)
        }
    }
}

/// x to the power of y where y has another type than x.
struct MixedPowerKernel: Kernel {
    let type: DataType

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        let (x, y) = (operands.numbers(0), operands.numbers(1))
        var powers = Tensor.empty
        try broadcast(
            x,
            y,
            shapes: (operands.shape(0), operands.shape(1)),
            into: &powers,
            most: operands.most
        ) { pow($0, $1) }
        try results[0].prepare(type.element, powers.shape, most: operands.most)
        switch type.element {
        case .float: results[0].floats = powers.doubles.map { Float($0) }
        case .double: results[0].doubles = powers.doubles
        default: results[0].integers = powers.doubles.map { type.truncate($0) }
        }
    }
}

extension Operands {
    /// The elements of an operand of numbers, in double precision.
    func numbers(_ position: Int) -> [Double] {
        switch element(position) {
        case .float: floats(position).map { Double($0) }
        case .double: doubles(position)
        case .int64: integers(position).map { Double($0) }
        case .string: []
        }
    }
}
