// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// A `TensorProto`: its name and its elements.
struct TensorMessage: Sendable {
    var name = ""
    var value: TypedTensor

    /// Reads a tensor whose elements lie in the message.
    init(
        _ range: Range<Int>,
        in bytes: Span<UInt8>,
        _ budget: inout ReadBudget
    ) throws(ModelError) {
        try budget.takeMessage()
        var parts = TensorParts()
        var reader = WireReader(range)
        while let field = try reader.next(in: bytes) {
            if field.number == 8 {
                name = try budget.text(field, in: bytes)
            } else {
                try parts.take(field, in: bytes, &budget)
            }
        }
        do {
            value = try parts.assemble(at: range.lowerBound, in: bytes, &budget)
        } catch {
            throw name.isEmpty ? error : error.within("tensor \"\(name)\"")
        }
    }
}

/// The fields of a `TensorProto` as they come: elements stand in one of several lists, or as bytes.
private struct TensorParts {
    private var dimensions: [Int64] = []
    private var type: Int64 = 0
    private var raw: Range<Int>?
    private var floats: [Float] = []
    private var doubles: [Double] = []
    private var integers: [Int64] = []
    private var strings: [String] = []
    private var refusedFeature: String?

    mutating func take(
        _ field: WireField,
        in bytes: Span<UInt8>,
        _ budget: inout ReadBudget
    ) throws(ModelError) {
        switch field.number {
        case 1:
            try budget.append(field, of: nil, in: bytes, to: &dimensions) { Int64(bitPattern: $0) }
        case 2: type = try field.integer()
        case 3: refusedFeature = "a tensor in segments"
        case 4:
            try budget.append(field, of: 4, in: bytes, to: &floats) {
                Float(bitPattern: UInt32(truncatingIfNeeded: $0))
            }
        case 5, 7, 11:
            try budget.append(field, of: nil, in: bytes, to: &integers) { Int64(bitPattern: $0) }
        case 6:
            try budget.check(strings.count + 1)
            strings.append(try budget.text(field, in: bytes))
        case 9: raw = try field.range()
        case 10:
            try budget.append(field, of: 8, in: bytes, to: &doubles) { Double(bitPattern: $0) }
        case 13: refusedFeature = "data in another file"
        case 14 where try field.integer() != 0: refusedFeature = "data in another file"
        default: break
        }
    }

    func assemble(
        at offset: Int,
        in bytes: Span<UInt8>,
        _ budget: inout ReadBudget
    ) throws(ModelError) -> TypedTensor {
        if let refusedFeature { throw .unsupportedFeature(path: "", feature: refusedFeature) }
        guard let type = DataType(rawValue: type) else {
            throw .unsupportedFeature(path: "", feature: "element type \(type)")
        }
        let (shape, count) = try shape(at: offset, budget.limits)
        try budget.takeElements(count)
        var tensor = Tensor(type.element, shape: shape)
        if let raw, !raw.isEmpty {
            try fill(&tensor, type, count, from: raw, in: bytes)
        } else {
            try fill(&tensor, type, count, at: offset)
        }
        return TypedTensor(tensor: tensor, type: type)
    }

    /// The lengths of the axes and the number of elements.
    ///
    /// Lengths beside one of 0 count as well, so that nobody who multiplies them has to fear.
    private func shape(
        at offset: Int,
        _ limits: ModelLimits
    ) throws(ModelError) -> (shape: [Int], count: Int) {
        var size = 1
        for dimension in dimensions {
            let (product, overflow) = size.multipliedReportingOverflow(by: Int(max(dimension, 1)))
            guard dimension >= 0, !overflow, product <= limits.elements else {
                throw .malformed(
                    path: "dims",
                    offset: offset,
                    found: "\(dimensions.prefix(8))",
                    expected: "lengths of at most \(limits.elements) elements"
                )
            }
            size = product
        }
        return (dimensions.map { Int($0) }, dimensions.contains(0) ? 0 : size)
    }

    /// Takes the elements from the list that belongs to the type.
    private func fill(
        _ tensor: inout Tensor,
        _ type: DataType,
        _ count: Int,
        at offset: Int
    ) throws(ModelError) {
        switch type {
        case .float: tensor.floats = floats
        case .float16:
            tensor.floats = integers.map {
                Float(Float16(bitPattern: UInt16(truncatingIfNeeded: $0)))
            }
        case .double: tensor.doubles = doubles
        case .string: tensor.strings = strings
        default: tensor.integers = integers.map(type.wrap)
        }
        guard tensor.storedCount == count else {
            throw .malformed(
                path: "",
                offset: offset,
                found: "\(tensor.storedCount) elements",
                expected: "\(count) of type \(type.name)"
            )
        }
    }

    /// Takes the elements from `raw_data`: little-endian, one after the other.
    private func fill(
        _ tensor: inout Tensor,
        _ type: DataType,
        _ count: Int,
        from raw: Range<Int>,
        in bytes: Span<UInt8>
    ) throws(ModelError) {
        guard let size = type.byteCount,
            case let product = count.multipliedReportingOverflow(by: size),
            !product.overflow, product.partialValue == raw.count
        else {
            throw .malformed(
                path: "raw_data",
                offset: raw.lowerBound,
                found: "\(raw.count) bytes",
                expected: "those of \(count) elements of type \(type.name)"
            )
        }
        // The count is that of bytes which are there.
        switch type.element {
        case .float: tensor.floats.reserveCapacity(count)
        case .double: tensor.doubles.reserveCapacity(count)
        case .int64, .string: tensor.integers.reserveCapacity(count)
        }
        var reader = WireReader(raw)
        for _ in 0..<count {
            let bits = try reader.fixed(size, in: bytes)
            switch type {
            case .float: tensor.floats.append(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
            case .float16:
                tensor.floats.append(
                    Float(Float16(bitPattern: UInt16(truncatingIfNeeded: bits)))
                )
            case .double: tensor.doubles.append(Double(bitPattern: bits))
            default: tensor.integers.append(type.wrap(Int64(bitPattern: bits)))
            }
        }
    }
}
