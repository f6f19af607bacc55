// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Turns elements of one type into those of another.
///
/// Fractions are cut off; a whole number that the target cannot hold keeps its low bits; NaN and
/// what is beyond the range of 64 bits (32, for `int32` and narrower) become the least number of
/// that many bits, as they do in ONNX Runtime on x86-64 (ONNX leaves it open).
struct CastKernel: Kernel {
    let from: DataType
    let to: DataType

    var width: WidthDemand { .asResult }

    static func define(_ node: inout NodeRequest) throws(ModelError) -> OperatorDefinition.Result {
        let number = try node.integer("to", default: 0)
        // They say how to round to types of 8 bits.
        node.ignore("saturate", "round_mode")
        guard let target = DataType(rawValue: number) else {
            throw node.fault(found: "a cast to type \(number)", expected: "one that is supported")
        }
        return cast(try node.operand(0).type, to: target)
    }

    static func defineLike(
        _ node: inout NodeRequest
    ) throws(ModelError) -> OperatorDefinition.Result {
        node.ignore("saturate", "round_mode")
        return cast(try node.operand(0).type, to: try node.operand(1).type)
    }

    /// A cast to a type that holds every value in the same way costs nothing.
    private static func cast(_ from: DataType, to: DataType) -> OperatorDefinition.Result {
        let isWider =
            switch (from, to) {
            case (let from, let to) where from == to: true
            case (.float16, .float): true
            case (.string, _), (_, .string): false
            case (_, .int64): from.element == .int64
            case (.bool, _): to.element == .int64
            default: false
            }
        return isWider
            ? .alias(operand: 0, to) : .kernel(CastKernel(from: from, to: to), [to])
    }

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        try results[0].prepare(to.element, operands.shape(0), most: operands.most)
        switch from.element {
        case .float: fill(&results[0], operands.floats(0))
        case .double: fill(&results[0], operands.doubles(0))
        case .int64: fill(&results[0], wholes: operands.integers(0))
        case .string: try fill(&results[0], texts: operands.strings(0))
        }
    }

    private func fill<Number: BinaryFloatingPoint>(_ result: inout Tensor, _ source: [Number]) {
        switch to.element {
        case .float:
            var target = result.floats.mutableSpan
            for index in source.indices { target[index] = Float(source[index]) }
        case .double:
            var target = result.doubles.mutableSpan
            for index in source.indices { target[index] = Double(source[index]) }
        case .int64:
            var target = result.integers.mutableSpan
            for index in source.indices {
                target[index] =
                    to == .bool
                    ? (source[index] == 0 ? 0 : 1) : to.truncate(Double(source[index]))
            }
        case .string:
            for index in source.indices {
                result.strings[index] = NumberText.general(Double(source[index]))
            }
        }
    }

    private func fill(_ result: inout Tensor, wholes source: [Int64]) {
        switch to.element {
        case .float:
            var target = result.floats.mutableSpan
            for index in source.indices { target[index] = Float(source[index]) }
        case .double:
            var target = result.doubles.mutableSpan
            for index in source.indices { target[index] = Double(source[index]) }
        case .int64:
            var target = result.integers.mutableSpan
            for index in source.indices { target[index] = to.wrap(source[index]) }
        case .string:
            for index in source.indices { result.strings[index] = "\(source[index])" }
        }
    }

    private func fill(_ result: inout Tensor, texts source: [String]) throws(KernelFault) {
        for index in source.indices {
            let text = source[index]
            switch to.element {
            case .string: result.strings[index] = text
            case .float: result.floats[index] = try Self.parse(text) { Float($0) }
            case .double: result.doubles[index] = try Self.parse(text) { Double($0) }
            case .int64: result.integers[index] = to.wrap(try Self.parse(text) { Int64($0) })
            }
        }
    }

    private static func parse<Number>(
        _ text: String,
        _ read: (Substring) -> Number?
    ) throws(KernelFault) -> Number {
        let trimmed = text.drop { $0 == " " }
        guard let number = read(trimmed) else {
            throw .value(found: "\"\(text)\"", expected: "a number")
        }
        return number
    }
}

extension DataType {
    /// A number without its fraction, as this whole type holds it.
    @inline(__always)
    func truncate(_ value: Double) -> Int64 {
        switch self {
        case .int64, .uint32: Int64(exactly: value.rounded(.towardZero)).map(wrap) ?? .min
        default:
            wrap(
                Int32(exactly: value.rounded(.towardZero)).map(Int64.init) ?? Int64(Int32.min)
            )
        }
    }
}
