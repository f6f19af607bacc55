// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The element types of ONNX that a plan can carry; the raw values are `TensorProto.DataType`'s.
enum DataType: Int64, Sendable, Equatable {
    case float = 1
    case uint8 = 2
    case int8 = 3
    case uint16 = 4
    case int16 = 5
    case int32 = 6
    case int64 = 7
    case string = 8
    case bool = 9
    case float16 = 10
    case double = 11
    case uint32 = 12

    /// ONNX's word for it.
    var name: String { "\(self)" }

    /// What carries its values.
    var element: ElementType {
        switch self {
        case .float, .float16: .float
        case .double: .double
        case .string: .string
        case .uint8, .int8, .uint16, .int16, .int32, .int64, .bool, .uint32: .int64
        }
    }

    var isFloating: Bool { self == .float || self == .double || self == .float16 }

    /// A number that is no truth value.
    var isNumeric: Bool { self != .string && self != .bool }

    /// Bytes of an element in `raw_data`; nil for strings, which never stand there.
    var byteCount: Int? {
        switch self {
        case .uint8, .int8, .bool: 1
        case .uint16, .int16, .float16: 2
        case .float, .int32, .uint32: 4
        case .double, .int64: 8
        case .string: nil
        }
    }

    /// A whole number as this type holds it: the low bits, as two's complement has them.
    @inline(__always)
    func wrap(_ value: Int64) -> Int64 {
        switch self {
        case .uint8: Int64(UInt8(truncatingIfNeeded: value))
        case .int8: Int64(Int8(truncatingIfNeeded: value))
        case .uint16: Int64(UInt16(truncatingIfNeeded: value))
        case .int16: Int64(Int16(truncatingIfNeeded: value))
        case .int32: Int64(Int32(truncatingIfNeeded: value))
        case .uint32: Int64(UInt32(truncatingIfNeeded: value))
        case .bool: value == 0 ? 0 : 1
        case .int64, .float, .double, .float16, .string: value
        }
    }

    /// The whole numbers that this type holds.
    var wholeRange: ClosedRange<Int64> {
        switch self {
        case .uint8: 0...Int64(UInt8.max)
        case .int8: Int64(Int8.min)...Int64(Int8.max)
        case .uint16: 0...Int64(UInt16.max)
        case .int16: Int64(Int16.min)...Int64(Int16.max)
        case .int32: Int64(Int32.min)...Int64(Int32.max)
        case .uint32: 0...Int64(UInt32.max)
        case .bool: 0...1
        case .int64, .float, .double, .float16, .string: Int64.min...Int64.max
        }
    }

    /// Whether the type is carried in a wider one, so that results have to be brought back to it.
    var isNarrow: Bool {
        switch self {
        case .uint8, .int8, .uint16, .int16, .int32, .uint32, .float16: true
        case .float, .double, .int64, .string, .bool: false
        }
    }
}

/// A tensor together with the type that the graph gives it.
struct TypedTensor: Sendable {
    var tensor: Tensor
    var type: DataType
}
