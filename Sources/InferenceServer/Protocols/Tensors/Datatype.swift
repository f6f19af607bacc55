// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Inference

/// The element types of the Open Inference Protocol.
enum Datatype: String, Sendable, CaseIterable {
    case bool = "BOOL"
    case uint8 = "UINT8"
    case uint16 = "UINT16"
    case uint32 = "UINT32"
    case uint64 = "UINT64"
    case int8 = "INT8"
    case int16 = "INT16"
    case int32 = "INT32"
    case int64 = "INT64"
    case fp16 = "FP16"
    case fp32 = "FP32"
    case fp64 = "FP64"
    case bytes = "BYTES"

    /// What a model's input is called.
    init(of input: ModelInput) {
        self.init(input.element, declared: input.declaredType)
    }

    /// What a model's output is called; half floats leave as floats, as JSON has no other.
    init(of output: ModelOutput) {
        self.init(output.element, declared: output.element == .float ? "" : output.declaredType)
    }

    private init(_ element: ElementType, declared: String) {
        switch element {
        case .float: self = declared == "float16" ? .fp16 : .fp32
        case .double: self = .fp64
        case .string: self = .bytes
        case .int64: self = Self.integer(declared)
        }
    }

    private static func integer(_ declared: String) -> Datatype {
        let datatype = Datatype(rawValue: declared.uppercased())
        return datatype?.wholeNumbers == nil ? .int64 : datatype ?? .int64
    }

    /// Bytes of an element in a binary tensor; nil for texts, which have any length.
    var byteCount: Int? {
        switch self {
        case .bool, .uint8, .int8: 1
        case .uint16, .int16, .fp16: 2
        case .uint32, .int32, .fp32: 4
        case .uint64, .int64, .fp64: 8
        case .bytes: nil
        }
    }

    /// The whole numbers that it holds, to the nearest double; nil for what is no whole number.
    var wholeNumbers: ClosedRange<Double>? {
        switch self {
        case .bool: 0...1
        case .uint8: 0...255
        case .uint16: 0...65_535
        case .uint32: 0...4_294_967_295
        case .uint64: 0...18_446_744_073_709_551_616
        case .int8: -128...127
        case .int16: -32_768...32_767
        case .int32: -2_147_483_648...2_147_483_647
        case .int64: -9_223_372_036_854_775_808...9_223_372_036_854_775_808
        case .fp16, .fp32, .fp64, .bytes: nil
        }
    }

    /// Whether a tensor of this type can be read as the values of an input without loss of kind:
    /// any number for a float, a whole one for an integer, texts for texts.
    func fits(_ input: ModelInput) -> Bool {
        switch input.element {
        case .float, .double: self != .bytes && self != .bool
        case .int64: wholeNumbers != nil && (self != .bool || input.declaredType == "bool")
        case .string: self == .bytes
        }
    }
}
