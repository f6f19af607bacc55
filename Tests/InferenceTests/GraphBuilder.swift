// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Writes protobuf messages.
struct MessageWriter {
    private(set) var bytes: [UInt8] = []

    mutating func integer(_ field: UInt64, _ value: Int64) {
        varint(field << 3)
        varint(UInt64(bitPattern: value))
    }

    mutating func float(_ field: UInt64, _ value: Float) {
        varint(field << 3 | 5)
        append(value)
    }

    mutating func text(_ field: UInt64, _ value: String) { delimited(field, Array(value.utf8)) }

    mutating func delimited(_ field: UInt64, _ value: [UInt8]) {
        varint(field << 3 | 2)
        varint(UInt64(value.count))
        bytes += value
    }

    mutating func message(_ field: UInt64, _ write: (inout MessageWriter) -> Void) {
        var inner = MessageWriter()
        write(&inner)
        delimited(field, inner.bytes)
    }

    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func append(_ value: Float) {
        for shift in 0..<4 {
            bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(8 * shift)))
        }
    }
}

/// Builds ONNX files, right ones and wrong ones.
struct GraphBuilder {
    enum Attribute {
        case float(Float)
        case integer(Int64)
        case text(String)
        case floats([Float])
        case integers([Int64])
        case texts([String])
        case tensor(MessageWriter)
    }

    /// Element types by ONNX's numbers.
    static let (float, int32, int64, string, double) =
        (1 as Int64, 6 as Int64, 7 as Int64, 8 as Int64, 11 as Int64)

    var graph = MessageWriter()
    var model = MessageWriter()
    var operatorSets: [(String, Int64)] = [("", 18), ("ai.onnx.ml", 3)]

    mutating func node(
        _ operation: String,
        _ inputs: [String],
        _ outputs: [String],
        name: String = "",
        domain: String = "",
        _ attributes: KeyValuePairs<String, Attribute> = [:]
    ) {
        graph.message(1) { node in
            for input in inputs { node.text(1, input) }
            for output in outputs { node.text(2, output) }
            node.text(3, name)
            node.text(4, operation)
            for (key, value) in attributes {
                node.message(5) { Self.write(key, value, to: &$0) }
            }
            node.text(7, domain)
        }
    }

    private static func write(_ name: String, _ value: Attribute, to message: inout MessageWriter) {
        message.text(1, name)
        switch value {
        case .float(let value):
            message.float(2, value)
            message.integer(20, 1)
        case .integer(let value):
            message.integer(3, value)
            message.integer(20, 2)
        case .text(let value):
            message.text(4, value)
            message.integer(20, 3)
        case .tensor(let value):
            message.delimited(5, value.bytes)
            message.integer(20, 4)
        case .floats(let values):
            for value in values { message.float(7, value) }
            message.integer(20, 6)
        case .integers(let values):
            for value in values { message.integer(8, value) }
            message.integer(20, 7)
        case .texts(let values):
            for value in values { message.text(9, value) }
            message.integer(20, 8)
        }
    }

    /// A tensor with the elements in the list of their type.
    static func tensor(_ name: String, _ shape: [Int64], floats: [Float]) -> MessageWriter {
        var tensor = MessageWriter()
        for length in shape { tensor.integer(1, length) }
        tensor.integer(2, float)
        tensor.text(8, name)
        var packed = MessageWriter()
        for value in floats { packed.append(value) }
        tensor.delimited(4, packed.bytes)
        return tensor
    }

    static func tensor(_ name: String, _ shape: [Int64], integers: [Int64]) -> MessageWriter {
        var tensor = MessageWriter()
        for length in shape { tensor.integer(1, length) }
        tensor.integer(2, int64)
        tensor.text(8, name)
        var packed = MessageWriter()
        for value in integers { packed.varint(UInt64(bitPattern: value)) }
        tensor.delimited(7, packed.bytes)
        return tensor
    }

    static func tensor(_ name: String, texts: [String]) -> MessageWriter {
        var tensor = MessageWriter()
        tensor.integer(1, Int64(texts.count))
        tensor.integer(2, string)
        for text in texts { tensor.text(6, text) }
        tensor.text(8, name)
        return tensor
    }

    mutating func initializer(_ tensor: MessageWriter) { graph.delimited(5, tensor.bytes) }

    /// An input; nil leaves a length open.
    mutating func input(_ name: String, _ shape: [Int64?]?, of element: Int64 = float) {
        graph.message(11) { Self.value(name, element, shape, to: &$0) }
    }

    mutating func output(_ name: String, _ element: Int64 = float, _ shape: [Int64?]? = nil) {
        graph.message(12) { Self.value(name, element, shape, to: &$0) }
    }

    private static func value(
        _ name: String,
        _ element: Int64,
        _ shape: [Int64?]?,
        to message: inout MessageWriter
    ) {
        message.text(1, name)
        message.message(2) { type in
            type.message(1) { tensor in
                tensor.integer(1, element)
                guard let shape else { return }
                tensor.message(2) { axes in
                    for length in shape {
                        axes.message(1) { axis in
                            if let length { axis.integer(1, length) } else { axis.text(2, "N") }
                        }
                    }
                }
            }
        }
    }

    /// The whole file.
    var bytes: [UInt8] {
        var file = model
        file.integer(1, 8)
        file.text(2, "test")
        file.delimited(7, graph.bytes)
        for (domain, version) in operatorSets {
            file.message(8) {
                $0.text(1, domain)
                $0.integer(2, version)
            }
        }
        return file.bytes
    }
}

extension GraphBuilder {
    /// Makes a file of what `build` adds.
    static func file(_ build: (inout GraphBuilder) -> Void) -> [UInt8] {
        var builder = GraphBuilder()
        build(&builder)
        return builder.bytes
    }
}
