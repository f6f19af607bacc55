// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// A `ValueInfoProto`: the name of an input or output, and the type that the graph declares for it.
struct ValueMessage: Sendable {
    /// A declared type.
    enum Declared: Sendable, Equatable {
        /// Element type by its number, and the length of each axis; nil for an open one, no shape
        /// at all for any.
        case tensor(element: Int64, shape: [Int64?]?)
        /// Another type, in ONNX's words: `sequence(map(int64,float))`.
        case other(String)
        /// None.
        case missing
    }

    /// More axes than any model has.
    static let maximumRank = 64

    var name = ""
    var declared = Declared.missing

    init(
        _ range: Range<Int>,
        in bytes: Span<UInt8>,
        _ budget: inout ReadBudget
    ) throws(ModelError) {
        try budget.takeMessage()
        var reader = WireReader(range)
        while let field = try reader.next(in: bytes) {
            switch field.number {
            case 1: name = try budget.text(field, in: bytes)
            case 2:
                declared = try Self.type(
                    try field.range(),
                    in: bytes,
                    depth: budget.limits.depth
                )
            default: break
            }
        }
    }

    /// The name of the declared type in ONNX's words.
    var typeName: String { Self.name(declared) }

    private static func name(_ declared: Declared) -> String {
        switch declared {
        case .tensor(let element, _): elementName(element)
        case .other(let name): name
        case .missing: "undeclared"
        }
    }

    private static func elementName(_ element: Int64) -> String {
        DataType(rawValue: element)?.name ?? "type \(element)"
    }

    /// Reads a `TypeProto`: a tensor, or a sequence, map or optional of another type.
    private static func type(
        _ range: Range<Int>,
        in bytes: Span<UInt8>,
        depth: Int
    ) throws(ModelError) -> Declared {
        guard depth > 0 else {
            throw .malformed(
                path: "type",
                offset: range.lowerBound,
                found: "types within types",
                expected: "fewer levels"
            )
        }
        var result = Declared.missing
        var reader = WireReader(range)
        while let field = try reader.next(in: bytes) {
            switch field.number {
            case 1: result = try tensor(try field.range(), in: bytes)
            case 4:
                let inner = try inner(try field.range(), in: bytes, depth: depth)
                result = .other("sequence(\(inner.value))")
            case 5:
                let inner = try inner(try field.range(), in: bytes, depth: depth)
                result = .other("map(\(elementName(inner.key)),\(inner.value))")
            case 8: result = .other("sparse_tensor")
            case 9:
                let inner = try inner(try field.range(), in: bytes, depth: depth)
                result = .other("optional(\(inner.value))")
            default: break
            }
        }
        return result
    }

    /// The types within a sequence or optional (in field 1) or a map (key in field 1, value in 2).
    private static func inner(
        _ range: Range<Int>,
        in bytes: Span<UInt8>,
        depth: Int
    ) throws(ModelError) -> (key: Int64, value: String) {
        var key: Int64 = 0
        var value = Declared.missing
        var reader = WireReader(range)
        while let field = try reader.next(in: bytes) {
            switch (field.number, field.value) {
            case (1, .varint): key = try field.integer()
            case (1, .bytes(let range)), (2, .bytes(let range)):
                value = try type(range, in: bytes, depth: depth - 1)
            default: break
            }
        }
        return (key, name(value))
    }

    private static func tensor(
        _ range: Range<Int>,
        in bytes: Span<UInt8>
    ) throws(ModelError) -> Declared {
        var element: Int64 = 0
        var shape: [Int64?]?
        var reader = WireReader(range)
        while let field = try reader.next(in: bytes) {
            switch field.number {
            case 1: element = try field.integer()
            case 2: shape = try Self.shape(try field.range(), in: bytes)
            default: break
            }
        }
        return .tensor(element: element, shape: shape)
    }

    private static func shape(
        _ range: Range<Int>,
        in bytes: Span<UInt8>
    ) throws(ModelError) -> [Int64?] {
        var shape: [Int64?] = []
        var reader = WireReader(range)
        while let axis = try reader.next(in: bytes) {
            guard axis.number == 1 else { continue }
            guard shape.count < maximumRank else {
                throw .malformed(
                    path: "shape",
                    offset: axis.offset,
                    found: "another axis",
                    expected: "at most \(maximumRank)"
                )
            }
            var length: Int64?
            var reader = WireReader(try axis.range())
            while let field = try reader.next(in: bytes) {
                if field.number == 1 { length = try field.integer() }
            }
            // Converters write 0 or −1 for "any".
            shape.append(length.flatMap { $0 > 0 ? $0 : nil })
        }
        return shape
    }
}
