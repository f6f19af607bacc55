// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// The elements of one input tensor, wherever they stand in the request.
struct TensorSource {
    /// How an element is found.
    enum Elements {
        /// In the JSON part, each at an offset.
        case json([Int])
        /// Behind it, of equal length, little-endian, from an offset on.
        case fixed(start: Int)
        /// Behind it, texts.
        case texts([Range<Int>])
    }

    let name: String
    let datatype: Datatype
    let elements: Elements

    /// Values a row.
    let width: Int

    /// The value of an element.
    ///
    /// - Parameters:
    ///   - index: Its number, below the product of the shape.
    ///   - cursor: Over the JSON part.
    ///   - bytes: The whole body.
    /// - Returns: The value; nil if it is none of the tensor's type.
    /// - Throws: `ScanFault` for bytes that are no JSON, which were read before without one.
    func value(
        at index: Int,
        _ cursor: inout JSONCursor,
        _ bytes: Span<UInt8>
    ) throws(ScanFault) -> FieldValue? {
        switch elements {
        case .json(let offsets):
            cursor.goBack(to: offsets[index])
            var value = try cursor.fieldValue()
            // Python writes a missing number so, and a tensor has no other way to say it.
            if value.form == .notANumber { value.form = .null }
            return datatype.accepts(value) ? value : nil
        case .fixed(let start):
            let size = datatype.byteCount ?? 1
            return datatype.value(of: bytes.littleEndian(at: start + index * size, count: size))
        case .texts(let ranges): return FieldValue(.bytes, range: ranges[index])
        }
    }
}

extension Datatype {
    /// Whether a JSON value is of this type; null is a missing number.
    fileprivate func accepts(_ value: FieldValue) -> Bool {
        switch self {
        case .bytes: return value.form == .text || value.form == .escapedText
        case .bool: return value.form == .boolean
        case .fp16, .fp32, .fp64:
            switch value.form {
            case .number, .infinite, .null: return true
            default: return false
            }
        case .uint8, .uint16, .uint32, .uint64, .int8, .int16, .int32, .int64:
            guard value.form == .number, let wholeNumbers else { return false }
            return wholeNumbers.contains(value.number)
                && value.number == value.number.rounded(.towardZero)
        }
    }

    /// The value of an element's bits.
    ///
    /// - Returns: nil for a boolean other than 0 and 1, and for what is beyond 64 bits with a sign.
    fileprivate func value(of bits: UInt64) -> FieldValue? {
        switch self {
        case .bool: bits <= 1 ? FieldValue(integer: Int64(bits)) : nil
        case .uint8, .uint16, .uint32, .uint64: Int64(exactly: bits).map(FieldValue.init(integer:))
        case .int8: FieldValue(integer: Int64(Int8(truncatingIfNeeded: bits)))
        case .int16: FieldValue(integer: Int64(Int16(truncatingIfNeeded: bits)))
        case .int32: FieldValue(integer: Int64(Int32(truncatingIfNeeded: bits)))
        case .int64: FieldValue(integer: Int64(truncatingIfNeeded: bits))
        case .fp16:
            FieldValue(
                .single,
                number: Double(Float16(bitPattern: UInt16(truncatingIfNeeded: bits)))
            )
        case .fp32:
            FieldValue(
                .single,
                number: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
            )
        case .fp64: FieldValue(.double, number: Double(bitPattern: bits))
        case .bytes: nil
        }
    }
}

extension Span<UInt8> {
    /// A number of up to eight bytes, the first one lowest; bytes outside are 0.
    func littleEndian(at offset: Int, count: Int) -> UInt64 {
        var bits: UInt64 = 0
        for index in 0..<count where indices ~= offset + index {
            bits |= UInt64(self[offset + index]) << UInt64(8 * index)
        }
        return bits
    }
}
