// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Inference
import TestSupport

extension Model {
    /// Loads a model from `Tests/Fixtures`.
    static func fixture(_ path: String) throws -> Model {
        try Model(bytes: try Fixture.bytes(path))
    }

    /// Loads a model from an array, which outlives the span of it.
    init(bytes: [UInt8], limits: ModelLimits = ModelLimits()) throws(ModelError) {
        try self.init(onnx: bytes.span, limits: limits)
    }
}

extension Plan {
    /// Compiles a model from an array, which outlives the span of it.
    static func compile(bytes: [UInt8]) throws(ModelError) -> Plan {
        try compile(onnx: bytes.span)
    }
}

extension Tensor {
    /// Sets the elements in the tensor's own type.
    mutating func fill(_ cells: [ConformanceTests.Cell]) {
        let numbers = cells.map { if case .number(let value) = $0 { value } else { Double.nan } }
        switch element {
        case .float: floats = numbers.map { Float($0) }
        case .double: doubles = numbers
        case .int64: integers = numbers.map { Int64($0) }
        case .string: strings = cells.map { if case .text(let text) = $0 { text } else { "" } }
        }
    }

    /// The elements as numbers, whatever their type.
    var numbers: [Double] {
        switch element {
        case .float: floats.map { Double($0) }
        case .double: doubles
        case .int64: integers.map { Double($0) }
        case .string: []
        }
    }

    /// The elements as texts, if they are labels.
    var texts: [String] {
        switch element {
        case .int64: integers.map { "\($0)" }
        case .string: strings
        case .float, .double: []
        }
    }
}
