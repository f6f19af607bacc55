// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Operators of ai.onnx.ml that encode categories.
enum EncodingOperators {
    private static let newest = 5

    static let definitions: [OperatorDefinition] = [
        OperatorDefinition("OneHotEncoder", 1...newest, OneHotKernel.define),
        OperatorDefinition("LabelEncoder", 1...1) { node throws(ModelError) in
            let texts = try node.texts("classes_strings") ?? []
            let missing = (
                try node.text("default_string", default: "_Unused"),
                try node.integer("default_int64", default: -1)
            )
            return try positions(of: texts, missing, &node)
        },
        OperatorDefinition("LabelEncoder", 2...newest, LabelTables.define),
        OperatorDefinition("CategoryMapper", 1...newest) { node throws(ModelError) in
            guard let texts = try node.texts("cats_strings"),
                let integers = try node.integers("cats_int64s"), texts.count == integers.count
            else { throw node.fault(found: "other categories", expected: "texts and integers") }
            let missing = (
                try node.text("default_string", default: "_Unused"),
                try node.integer("default_int64", default: -1)
            )
            return try mapping(texts, integers, missing, &node)
        },
    ]

    private static func positions(
        of texts: [String],
        _ missing: (String, Int64),
        _ node: inout NodeRequest
    ) throws(ModelError) -> OperatorDefinition.Result {
        try mapping(texts, texts.indices.map { Int64($0) }, missing, &node)
    }

    /// Texts to numbers or back, as the operand wants it.
    private static func mapping(
        _ texts: [String],
        _ integers: [Int64],
        _ missing: (text: String, integer: Int64),
        _ node: inout NodeRequest
    ) throws(ModelError) -> OperatorDefinition.Result {
        let type = try node.operand(0).type
        switch type {
        case .string:
            return .kernel(LookupKernel(keys: texts, values: integers, missing.integer), [.int64])
        case .int64:
            return .kernel(LookupKernel(keys: integers, values: texts, missing.text), [.string])
        default: throw node.fault(found: type.name, expected: "string or int64")
        }
    }
}

/// Replaces each element by the value that belongs to it in a table.
struct LookupKernel<Key: TensorElement & Hashable, Value: TensorElement>: Kernel {
    private let values: [Key: Value]
    private let missing: Value
    /// What NaN becomes, which no dictionary finds.
    private var valueOfNaN: Value?

    var width: WidthDemand { .asResult }

    /// - Parameters:
    ///   - keys: Of equal ones the first counts.
    ///   - values: As many as keys.
    ///   - missing: The value of whatever is no key.
    ///   - findsNaN: Whether NaN can be a key, as from version 4 of the operator on.
    init(keys: [Key], values: [Value], _ missing: Value, findsNaN: Bool = false) {
        self.values = Dictionary(zip(keys, values)) { first, _ in first }
        self.missing = missing
        // NaN alone differs from itself.
        valueOfNaN = findsNaN ? zip(keys, values).first { $0.0 != $0.0 }?.1 : nil
    }

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        let source = operands.elements(0, of: Key.self)
        try results[0].prepare(Value.element, operands.shape(0), most: operands.most)
        Value.modify(&results[0]) { elements in
            var target = elements.mutableSpan
            for index in source.indices {
                let key = source[index]
                target[index] = values[key] ?? (key == key ? missing : valueOfNaN ?? missing)
            }
        }
    }
}

/// The keys and values of a `LabelEncoder` from version 2 on, under any of their names.
enum LabelTables {
    /// One list of keys or values and its type.
    private enum List {
        case texts([String])
        case integers([Int64], DataType)
        case floats([Float])
        case doubles([Double])

        var count: Int {
            switch self {
            case .texts(let list): list.count
            case .integers(let list, _): list.count
            case .floats(let list): list.count
            case .doubles(let list): list.count
            }
        }
    }

    static func define(_ node: inout NodeRequest) throws(ModelError) -> OperatorDefinition.Result {
        let keys = try list("keys", &node)
        let values = try list("values", &node)
        guard keys.count == values.count else {
            throw node.fault(
                found: "\(keys.count) keys and \(values.count) values",
                expected: "as many"
            )
        }
        let type = try node.operand(0).type
        switch (keys, type.element) {
        case (.texts(let keys), .string): return try kernel(keys, values, &node)
        case (.integers(let keys, _), .int64): return try kernel(keys, values, &node)
        case (.floats(let keys), .float): return try kernel(keys, values, &node)
        case (.doubles(let keys), .double): return try kernel(keys, values, &node)
        default: throw node.fault(found: type.name, expected: "the type of the keys")
        }
    }

    private static func list(
        _ name: String,
        _ node: inout NodeRequest
    ) throws(ModelError) -> List {
        if let texts = try node.texts("\(name)_strings") { return .texts(texts) }
        if let integers = try node.integers("\(name)_int64s") { return .integers(integers, .int64) }
        if let floats = try node.floats("\(name)_floats") { return .floats(floats) }
        guard let value = try node.tensor("\(name)_tensor") else {
            throw node.fault(found: "no \(name)", expected: "a list of them")
        }
        let tensor = value.tensor
        return switch tensor.element {
        case .string: .texts(tensor.strings)
        case .int64: .integers(tensor.integers, value.type)
        case .float: .floats(tensor.floats)
        case .double: .doubles(tensor.doubles)
        }
    }

    private static func kernel<Key: TensorElement & Hashable>(
        _ keys: [Key],
        _ values: List,
        _ node: inout NodeRequest
    ) throws(ModelError) -> OperatorDefinition.Result {
        let (missing, version) = (try node.tensor("default_tensor"), node.version)
        let text = try node.text("default_string", default: "_Unused")
        let integer = try node.integer("default_int64", default: -1)
        let float = try node.float("default_float", default: -0.0)
        guard missing.map({ $0.tensor.storedCount == 1 }) ?? true else {
            throw node.fault(found: "several defaults", expected: "one")
        }
        func lookup<Value: TensorElement>(
            _ values: [Value],
            _ missing: Value,
            _ type: DataType
        ) -> OperatorDefinition.Result {
            .kernel(
                LookupKernel(keys: keys, values: values, missing, findsNaN: version >= 4),
                [type]
            )
        }
        return switch values {
        case .texts(let values): lookup(values, missing?.tensor.strings.first ?? text, .string)
        case .integers(let values, let type):
            lookup(values, missing?.tensor.integers.first ?? integer, type)
        case .floats(let values): lookup(values, missing?.tensor.floats.first ?? float, .float)
        case .doubles(let values):
            lookup(values, missing?.tensor.doubles.first ?? Double(float), .double)
        }
    }
}

/// One column a category, 1 in that of the element's own.
struct OneHotKernel: Kernel {
    private let texts: [String: Int]
    private let integers: [Int64: Int]
    private let count: Int
    /// Whether a category that is not listed leaves all columns 0; else it is an error.
    private let allowsUnknown: Bool

    static func define(_ node: inout NodeRequest) throws(ModelError) -> OperatorDefinition.Result {
        let type = try node.operand(0).type
        let texts = try node.texts("cats_strings") ?? []
        let integers = try node.integers("cats_int64s") ?? []
        let allowsUnknown = try node.flag("zeros", default: true)
        guard type == .string ? !texts.isEmpty : !integers.isEmpty else {
            throw node.fault(found: "no categories for \(type.name)", expected: "at least one")
        }
        let kernel = OneHotKernel(
            // Of equal categories the last counts, as in ONNX Runtime.
            texts: Dictionary(zip(texts, texts.indices)) { $1 },
            integers: Dictionary(zip(integers, integers.indices)) { $1 },
            count: type == .string ? texts.count : integers.count,
            allowsUnknown: allowsUnknown
        )
        return .kernel(kernel, [.float])
    }

    var width: WidthDemand { .asResult }

    func run(_ operands: Operands, into results: inout [Tensor]) throws(KernelFault) {
        try results[0].prepare(.float, operands.shape(0) + [count], most: operands.most)
        var target = results[0].floats.mutableSpan
        for index in 0..<target.count { target[index] = 0 }
        switch operands.element(0) {
        case .string:
            let source = operands.strings(0)
            for row in source.indices {
                let column = texts[source[row]]
                try mark(column, row, "\"\(source[row])\"", in: &target)
            }
        case .int64:
            let source = operands.integers(0)
            for row in source.indices {
                try mark(integers[source[row]], row, "\(source[row])", in: &target)
            }
        case .float, .double:
            let source = operands.numbers(0)
            for row in source.indices {
                let column = integers[DataType.int64.truncate(source[row])]
                try mark(column, row, "\(source[row])", in: &target)
            }
        }
    }

    private func mark(
        _ column: Int?,
        _ row: Int,
        _ name: @autoclosure () -> String,
        in target: inout MutableSpan<Float>
    ) throws(KernelFault) {
        if let column {
            target[row * count + column] = 1
        } else if !allowsUnknown {
            throw .value(found: "category \(name())", expected: "one that is listed")
        }
    }
}
