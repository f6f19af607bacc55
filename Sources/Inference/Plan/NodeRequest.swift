// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// A node as an operator's definition sees it: its attributes, and what is known of its operands.
///
/// Attributes that the definition did not ask for are an error in the end: they might change what
/// the node means.
struct NodeRequest {
    /// An operand whose producer is compiled.
    struct Operand {
        let type: DataType
        /// Its elements, where they are known now.
        let constant: Tensor?
    }

    let reference: NodeReference
    /// nil for one that the node leaves out.
    let operands: [Operand?]
    let resultCount: Int
    private var attributes: [String: AttributeMessage] = [:]

    init(
        _ node: NodeMessage,
        _ reference: NodeReference,
        operands: [Operand?]
    ) throws(ModelError) {
        self.reference = reference
        self.operands = operands
        resultCount = node.outputs.count
        for attribute in node.attributes {
            guard attributes.updateValue(attribute, forKey: attribute.name) == nil else {
                throw fault(found: "attribute \(attribute.name) twice", expected: "it once")
            }
        }
    }

    var version: Int { reference.version }

    func fault(found: String, expected: String) -> ModelError {
        .invalidNode(reference, found: found, expected: expected)
    }

    /// Takes an attribute out, whose kind has to be the given one.
    private mutating func take(
        _ name: String,
        _ kind: AttributeMessage.Kind
    ) throws(ModelError) -> AttributeMessage? {
        guard let attribute = attributes.removeValue(forKey: name) else { return nil }
        guard attribute.kind == kind else {
            throw fault(
                found: "attribute \(name) of kind \(attribute.kind.map { "\($0)" } ?? "unknown")",
                expected: "\(kind)"
            )
        }
        return attribute
    }

    mutating func integer(_ name: String) throws(ModelError) -> Int64? {
        try take(name, .integer)?.integer
    }

    mutating func integer(_ name: String, default value: Int64) throws(ModelError) -> Int64 {
        try integer(name) ?? value
    }

    /// A 0 or 1.
    mutating func flag(_ name: String, default value: Bool = false) throws(ModelError) -> Bool {
        try integer(name).map { $0 != 0 } ?? value
    }

    mutating func float(_ name: String) throws(ModelError) -> Float? {
        try take(name, .float)?.float
    }

    mutating func float(_ name: String, default value: Float) throws(ModelError) -> Float {
        try float(name) ?? value
    }

    mutating func text(_ name: String) throws(ModelError) -> String? {
        try take(name, .text)?.text
    }

    mutating func text(_ name: String, default value: String) throws(ModelError) -> String {
        try text(name) ?? value
    }

    mutating func tensor(_ name: String) throws(ModelError) -> TypedTensor? {
        try take(name, .tensor)?.tensor
    }

    mutating func floats(_ name: String) throws(ModelError) -> [Float]? {
        try take(name, .floats)?.floats
    }

    mutating func integers(_ name: String) throws(ModelError) -> [Int64]? {
        try take(name, .integers)?.integers
    }

    mutating func texts(_ name: String) throws(ModelError) -> [String]? {
        try take(name, .texts)?.texts
    }

    /// A word out of a closed set.
    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String,
        default value: Choice
    ) throws(ModelError) -> Choice where Choice.RawValue == String {
        guard let text = try text(name) else { return value }
        guard let choice = Choice(rawValue: text) else {
            throw fault(
                found: "\(name) \"\(text)\"",
                expected: Choice.allCases.map(\.rawValue).joined(separator: ", ")
            )
        }
        return choice
    }

    /// Lets attributes pass that do not change a prediction.
    mutating func ignore(_ names: String...) {
        for name in names { attributes[name] = nil }
    }

    /// Whether the definition knows every attribute.
    func checkAllAsked() throws(ModelError) {
        guard let name = attributes.keys.min() else { return }
        throw fault(found: "attribute \(name)", expected: "one that the operator has")
    }

    /// An operand that the operator cannot do without.
    func operand(_ position: Int) throws(ModelError) -> Operand {
        guard position < operands.count, let operand = operands[position] else {
            throw fault(found: "no input \(position)", expected: "one")
        }
        return operand
    }

    func optionalOperand(_ position: Int) -> Operand? {
        position < operands.count ? operands[position] : nil
    }

    /// The type of an operand, one that the operator takes.
    func type(
        _ position: Int,
        _ accepts: (DataType) -> Bool,
        _ expected: String
    ) throws(ModelError) -> DataType {
        let type = try operand(position).type
        guard accepts(type) else {
            throw fault(found: "\(type.name) in input \(position)", expected: expected)
        }
        return type
    }

    /// The one type of all operands from a position on, none of which is left out but where that is
    /// allowed.
    func commonType(
        from first: Int = 0,
        allowsAbsent: Bool = false,
        _ accepts: (DataType) -> Bool,
        _ expected: String
    ) throws(ModelError) -> DataType {
        let type = try type(first, accepts, expected)
        for position in operands.indices.dropFirst(first + 1)
        where operands[position].map({ $0.type != type }) ?? !allowsAbsent {
            throw fault(
                found: "\(operands[position]?.type.name ?? "nothing") in input \(position)",
                expected: "\(type.name), as in input \(first)"
            )
        }
        return type
    }

    func checkOperandCount(_ range: ClosedRange<Int>) throws(ModelError) {
        guard range.contains(operands.count) else {
            throw fault(
                found: "\(operands.count) inputs",
                expected: range.count == 1
                    ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
            )
        }
    }

    /// The whole numbers of an operand that has to be known when the model is loaded.
    func constantIntegers(_ position: Int) throws(ModelError) -> [Int64]? {
        guard let operand = optionalOperand(position) else { return nil }
        guard operand.type.element == .int64, let constant = operand.constant else {
            throw fault(
                found: operand.constant == nil
                    ? "input \(position) that is computed"
                    : "\(operand.type.name) in input \(position)",
                expected: "constant whole numbers"
            )
        }
        return constant.integers
    }
}

extension DataType {
    static func isAny(_ type: DataType) -> Bool { true }
    static func isFloating(_ type: DataType) -> Bool { type.isFloating }
    static func isNumeric(_ type: DataType) -> Bool { type.isNumeric }
    static func isNumberOrBool(_ type: DataType) -> Bool { type != .string }
    static func isBool(_ type: DataType) -> Bool { type == .bool }
    static func isWhole(_ type: DataType) -> Bool { type.element == .int64 && type != .bool }
}
