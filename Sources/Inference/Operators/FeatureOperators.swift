// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Operators of ai.onnx.ml that prepare numbers.
enum FeatureOperators {
    private static let newest = 5

    static let definitions: [OperatorDefinition] = [
        OperatorDefinition("Scaler", 1...newest) { node throws(ModelError) in
            _ = try node.type(0, DataType.isNumeric, "numbers")
            let offsets = try node.floats("offset") ?? []
            let scales = try node.floats("scale") ?? []
            return .kernel(try ScalerKernel(offsets, scales, node), [.float])
        },
        OperatorDefinition("Normalizer", 1...newest) { node throws(ModelError) in
            _ = try node.type(0, DataType.isNumeric, "numbers")
            let norm = try node.choice("norm", default: NormalizerKernel.Norm.greatest)
            return .kernel(NormalizerKernel(norm: norm), [.float])
        },
        OperatorDefinition("Imputer", 1...newest, ImputerKernel.define),
        OperatorDefinition("Binarizer", 1...newest) { node throws(ModelError) in
            let type = try node.type(0, DataType.isNumeric, "numbers")
            let threshold = Double(try node.float("threshold", default: 0))
            return .kernel(BinarizerKernel(threshold: threshold), [type])
        },
        OperatorDefinition("FeatureVectorizer", 1...newest) { node throws(ModelError) in
            _ = try node.type(0, DataType.isNumeric, "numbers")
            for position in node.operands.indices {
                _ = try node.type(position, DataType.isNumeric, "numbers")
            }
            guard let lengths = try node.integers("inputdimensions"),
                lengths.count == node.operands.count,
                lengths.allSatisfy({ $0 > 0 && $0 <= 1 << 24 })
            else { throw node.fault(found: "other inputdimensions", expected: "one an input") }
            return .kernel(VectorizerKernel(lengths: lengths.map { Int($0) }), [.float])
        },
        OperatorDefinition("ArrayFeatureExtractor", 1...newest) { node throws(ModelError) in
            try node.checkOperandCount(2...2)
            _ = try node.wholeOperand(1)
            let greatest = try node.operand(1).constant?.integers.max() ?? -1
            let leastWidth = (0..<1 << 24).contains(greatest) ? Int(greatest) + 1 : nil
            let kernel = ExtractorKernel(leastWidth: leastWidth)
            return .kernel(kernel, [try node.operand(0).type])
        },
    ]
}

/// (x − offset) · scale, column by column, in single precision.
struct ScalerKernel: Kernel {
    private let offsets: [Float]
    private let scales: [Float]

    init(_ offsets: [Float], _ scales: [Float], _ node: NodeRequest) throws(ModelError) {
        let length = max(offsets.count, scales.count, 1)
        let lists = [offsets.isEmpty ? [0] : offsets, scales.isEmpty ? [1] : scales]
        guard lists.allSatisfy({ $0.count == 1 || $0.count == length }) else {
            throw node.fault(
                found: "\(offsets.count) offsets and \(scales.count) scales",
                expected: "as many, or one"
            )
        }
        self.offsets = lists[0].stretched(to: length)
        self.scales = lists[1].stretched(to: length)
    }

    var width: WidthDemand { offsets.count > 1 ? .length(offsets.count) : .asResult }

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        try operands.checkWidth(offsets.count)
        try results[0].prepare(.float, operands.shape(0), most: operands.most)
        var target = results[0].floats.mutableSpan
        switch operands.element(0) {
        case .float:
            let source = operands.floats(0)
            scale(source.span, into: &target) { ($0 - $1) * $2 }
        case .double:
            let source = operands.doubles(0)
            scale(source.span, into: &target) { Float(($0 - Double($1)) * Double($2)) }
        default:
            let source = operands.integers(0)
            scale(source.span, into: &target) { (Float($0) - $1) * $2 }
        }
    }

    @inline(__always)
    private func scale<Number>(
        _ source: Span<Number>,
        into target: inout MutableSpan<Float>,
        _ value: (Number, Float, Float) -> Float
    ) {
        var column = 0
        for index in 0..<source.count {
            target[index] = value(source[index], offsets[column], scales[column])
            column = column &+ 1 == offsets.count ? 0 : column &+ 1
        }
    }
}

extension [Float] {
    /// One number over and over, or the list as it is.
    fileprivate func stretched(to length: Int) -> [Float] {
        count == 1 ? Array(repeating: self[0], count: length) : self
    }
}

extension Operands {
    /// Whether the last axis of the first operand has a length; 1 fits every one.
    func checkWidth(_ width: Int) throws(KernelFault) {
        guard width == 1 || shape(0).last == width else {
            throw .shape(found: shape(0), expected: "a last axis of \(width)")
        }
    }

    /// The elements of an operand of numbers, in single precision.
    func singleNumbers(_ position: Int) -> [Float] {
        switch element(position) {
        case .float: floats(position)
        case .double: doubles(position).map { Float($0) }
        case .int64: integers(position).map { Float($0) }
        case .string: []
        }
    }
}

/// Divides each row by its norm; a row of norm 0 stays.
struct NormalizerKernel: Kernel {
    enum Norm: String, Sendable, CaseIterable {
        /// The greatest number, as ONNX Runtime has it, not the greatest amount.
        case greatest = "MAX"
        case absoluteSum = "L1"
        case euclidean = "L2"
    }

    let norm: Norm

    var width: WidthDemand { .asResult }

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        let (rows, width) = try operands.matrix(0)
        try results[0].prepare(.float, operands.shape(0), most: operands.most)
        let source = operands.singleNumbers(0)
        var target = results[0].floats.mutableSpan
        for row in 0..<rows {
            let range = row * width..<(row + 1) * width
            let length = norm(source.span.extracting(range))
            for index in range {
                target[index] = length == 0 ? source[index] : Float(Double(source[index]) / length)
            }
        }
    }

    private func norm(_ row: Span<Float>) -> Double {
        var sum = norm == .greatest ? -Double.infinity : 0
        for index in row.indices {
            let value = Double(row[index])
            switch norm {
            case .greatest: sum = max(sum, value)
            case .absoluteSum: sum += abs(value)
            case .euclidean: sum += value * value
            }
        }
        return norm == .euclidean ? sum.squareRoot() : sum
    }
}

/// Puts a number in the place of a missing one, column by column.
struct ImputerKernel: Kernel {
    private let floats: [Float]
    private let integers: [Int64]
    private let missingFloat: Float
    private let missingInteger: Int64

    static func define(_ node: inout NodeRequest) throws(ModelError) -> OperatorDefinition.Result {
        let type = try node.type(0, DataType.isNumeric, "numbers")
        let kernel = ImputerKernel(
            floats: try node.floats("imputed_value_floats") ?? [],
            integers: try node.integers("imputed_value_int64s") ?? [],
            missingFloat: try node.float("replaced_value_float", default: 0),
            missingInteger: try node.integer("replaced_value_int64", default: 0)
        )
        guard type.isFloating ? !kernel.floats.isEmpty : !kernel.integers.isEmpty else {
            throw node.fault(found: "no values for \(type.name)", expected: "one a column, or one")
        }
        return .kernel(kernel, [type])
    }

    var width: WidthDemand {
        let length = max(floats.count, integers.count)
        return length > 1 ? .length(length) : .asResult
    }

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        let element = operands.element(0)
        try operands.checkWidth(element == .int64 ? integers.count : floats.count)
        try results[0].prepare(element, operands.shape(0), most: operands.most)
        switch element {
        case .float:
            let source = operands.floats(0)
            var target = results[0].floats.mutableSpan
            replace(source.span, into: &target, missingFloat) { floats[$0] }
        case .double:
            let source = operands.doubles(0)
            var target = results[0].doubles.mutableSpan
            replace(source.span, into: &target, Double(missingFloat)) { Double(floats[$0]) }
        default:
            let source = operands.integers(0)
            var target = results[0].integers.mutableSpan
            for index in source.indices {
                target[index] =
                    source[index] == missingInteger
                    ? integers[index % integers.count] : source[index]
            }
        }
    }

    @inline(__always)
    private func replace<Number: BinaryFloatingPoint>(
        _ source: Span<Number>,
        into target: inout MutableSpan<Number>,
        _ missing: Number,
        _ value: (Int) -> Number
    ) {
        var column = 0
        for index in 0..<source.count {
            let number = source[index]
            let isMissing = missing.isNaN ? number.isNaN : number == missing
            target[index] = isMissing ? value(column) : number
            column = column &+ 1 == floats.count ? 0 : column &+ 1
        }
    }
}

/// 1 for what is greater than the threshold, else 0; NaN is not greater.
struct BinarizerKernel: Kernel {
    let threshold: Double

    var width: WidthDemand { .asResult }

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        let element = operands.element(0)
        let source = operands.numbers(0)
        try results[0].prepare(element, operands.shape(0), most: operands.most)
        for index in source.indices {
            let isGreater = source[index] > threshold
            switch element {
            case .float: results[0].floats[index] = isGreater ? 1 : 0
            case .double: results[0].doubles[index] = isGreater ? 1 : 0
            default: results[0].integers[index] = isGreater ? 1 : 0
            }
        }
    }
}

/// Puts the rows of several matrices side by side; what an operand has too few of is 0, what too
/// many is left out.
struct VectorizerKernel: Kernel {
    let lengths: [Int]

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        let rows = try operands.matrix(0).rows
        // At most 10,000 operands of 2^24 columns.
        let width = lengths.reduce(0, +)
        try results[0].prepare(.float, rows: rows, width: width, most: operands.most)
        var target = results[0].floats.mutableSpan
        var start = 0
        for (position, length) in lengths.enumerated() {
            let (ownRows, ownWidth) = try operands.matrix(position)
            guard ownRows == rows else {
                throw .shape(found: operands.shape(position), expected: "\(rows) rows")
            }
            let source = operands.singleNumbers(position)
            for row in 0..<rows {
                for column in 0..<length {
                    target[row * width + start + column] =
                        column < ownWidth ? source[row * ownWidth + column] : 0
                }
            }
            start += length
        }
    }
}

/// Takes columns by their numbers.
struct ExtractorKernel: Kernel {
    /// The greatest constant column number and one more.
    let leastWidth: Int?

    var width: WidthDemand { leastWidth.map(WidthDemand.length) ?? .none }

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        let shape = operands.shape(0)
        guard !shape.isEmpty else { throw .shape(found: shape, expected: "at least one axis") }
        let count = operands.storedCount(1)
        // A list comes out as one row.
        let target = shape.count == 1 ? [1, count] : shape.dropLast() + [count]
        try gather(operands, axis: shape.count - 1, into: &results[0], shape: target)
    }
}
