// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// A `NodeProto`: an operator with the names of what goes in and comes out.
struct NodeMessage: Sendable {
    var inputs: [String] = []
    var outputs: [String] = []
    var name = ""
    var operation = ""
    var domain = ""
    var attributes: [AttributeMessage] = []

    init(
        _ range: Range<Int>,
        in bytes: Span<UInt8>,
        _ budget: inout ReadBudget
    ) throws(ModelError) {
        var reader = WireReader(range)
        while let field = try reader.next(in: bytes) {
            switch field.number {
            case 1: inputs.append(try budget.text(field, in: bytes))
            case 2: outputs.append(try budget.text(field, in: bytes))
            case 3: name = try budget.text(field, in: bytes)
            case 4: operation = try budget.text(field, in: bytes)
            case 5:
                do {
                    attributes.append(
                        try AttributeMessage(try field.range(), in: bytes, &budget)
                    )
                } catch { throw error.within("attribute[\(attributes.count)]") }
            case 7: domain = try budget.text(field, in: bytes)
            default: break
            }
        }
        if domain == "ai.onnx" { domain = "" }
    }
}

/// An `AttributeProto`; which of the values counts, the operator knows.
struct AttributeMessage: Sendable {
    /// `AttributeProto.AttributeType`, as far as operators here want one.
    enum Kind: Int64, Sendable {
        case float = 1
        case integer = 2
        case text = 3
        case tensor = 4
        case floats = 6
        case integers = 7
        case texts = 8
    }

    var name = ""
    /// nil for a kind that no operator here takes; such a value is not read.
    var kind: Kind?
    var float: Float = 0
    var integer: Int64 = 0
    var text = ""
    var tensor: TypedTensor?
    var floats: [Float] = []
    var integers: [Int64] = []
    var texts: [String] = []

    init(
        _ range: Range<Int>,
        in bytes: Span<UInt8>,
        _ budget: inout ReadBudget
    ) throws(ModelError) {
        try budget.takeMessage()
        var reader = WireReader(range)
        var declared: Int64?
        while let field = try reader.next(in: bytes) {
            switch field.number {
            case 1: name = try budget.text(field, in: bytes)
            case 20: declared = try field.integer()
            case 21:
                throw .unsupportedFeature(
                    path: name,
                    feature: "an attribute that refers to a function's"
                )
            default: try take(field, in: bytes, &budget)
            }
        }
        // Files of the first versions of the format do not say the kind, and only its field is there.
        if let declared { kind = Kind(rawValue: declared) }
    }

    private mutating func take(
        _ field: WireField,
        in bytes: Span<UInt8>,
        _ budget: inout ReadBudget
    ) throws(ModelError) {
        switch field.number {
        case 2: (kind, float) = (.float, try field.float())
        case 3: (kind, integer) = (.integer, try field.integer())
        case 4: (kind, text) = (.text, try budget.text(field, in: bytes))
        case 5:
            kind = .tensor
            do {
                tensor = try TensorMessage(try field.range(), in: bytes, &budget).value
            } catch { throw error.within(name) }
        case 7:
            kind = .floats
            try budget.append(field, of: 4, in: bytes, to: &floats) {
                Float(bitPattern: UInt32(truncatingIfNeeded: $0))
            }
        case 8:
            kind = .integers
            try budget.append(field, of: nil, in: bytes, to: &integers) { Int64(bitPattern: $0) }
        case 9:
            kind = .texts
            try budget.check(texts.count + 1)
            texts.append(try budget.text(field, in: bytes))
        default: break
        }
    }
}
