// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// A `ModelProto` and its `GraphProto`, as far as inference needs them.
///
/// Source: onnx.proto3 of the ONNX project, IR version 13. Fields that are not named here say
/// nothing about the result (documentation, declared shapes within the graph, training) or are
/// refused: functions and sparse initializers.
struct ModelMessage: Sendable {
    var irVersion: Int64 = 0
    var producer = ""
    var producerVersion = ""
    var operatorSets: [(domain: String, version: Int64)] = []
    var metadata: [String: String] = [:]
    var graph = GraphMessage()

    /// Reads a file.
    ///
    /// - Complexity: O(bytes).
    init(_ bytes: Span<UInt8>, limits: ModelLimits) throws(ModelError) {
        guard bytes.count <= limits.bytes else {
            throw .limitExceeded(
                path: "",
                quantity: "bytes",
                found: bytes.count,
                most: limits.bytes
            )
        }
        var budget = ReadBudget(limits)
        var reader = WireReader(0..<bytes.count)
        var hasGraph = false
        while let field = try reader.next(in: bytes) {
            switch field.number {
            case 1: irVersion = try field.integer()
            case 2: producer = try budget.text(field, in: bytes)
            case 3: producerVersion = try budget.text(field, in: bytes)
            case 7:
                do { try graph.read(try field.range(), in: bytes, &budget) } catch {
                    throw error.within("graph")
                }
                hasGraph = true
            case 8: try takeOperatorSet(field, in: bytes, &budget)
            case 14: try takeMetadata(field, in: bytes, &budget)
            case 25:
                let name = try Self.functionName(try field.range(), in: bytes, &budget)
                throw .unsupportedFeature(
                    path: "functions",
                    feature: "the model's function \(name)"
                )
            default: break
            }
        }
        guard hasGraph else {
            throw .invalidGraph(path: "", found: "no graph", expected: "an ONNX model")
        }
    }

    /// The domain and name of a `FunctionProto`, in quotes.
    private static func functionName(
        _ range: Range<Int>,
        in bytes: Span<UInt8>,
        _ budget: inout ReadBudget
    ) throws(ModelError) -> String {
        var (name, domain) = ("", "")
        var reader = WireReader(range)
        while let field = try reader.next(in: bytes) {
            switch field.number {
            case 1: name = try budget.text(field, in: bytes)
            case 10: domain = try budget.text(field, in: bytes)
            default: break
            }
        }
        return (domain.isEmpty ? name : "\(domain).\(name)").debugDescription
    }

    private mutating func takeOperatorSet(
        _ field: WireField,
        in bytes: Span<UInt8>,
        _ budget: inout ReadBudget
    ) throws(ModelError) {
        try budget.takeMessage()
        var domain = ""
        var version: Int64 = 0
        var reader = WireReader(try field.range())
        while let field = try reader.next(in: bytes) {
            switch field.number {
            case 1: domain = try budget.text(field, in: bytes)
            case 2: version = try field.integer()
            default: break
            }
        }
        operatorSets.append((domain == "ai.onnx" ? "" : domain, version))
    }

    private mutating func takeMetadata(
        _ field: WireField,
        in bytes: Span<UInt8>,
        _ budget: inout ReadBudget
    ) throws(ModelError) {
        try budget.takeMessage()
        var (key, value) = ("", "")
        var reader = WireReader(try field.range())
        while let field = try reader.next(in: bytes) {
            switch field.number {
            case 1: key = try budget.text(field, in: bytes)
            case 2: value = try budget.text(field, in: bytes)
            default: break
            }
        }
        metadata[key] = value
    }
}

/// A `GraphProto`.
struct GraphMessage: Sendable {
    var nodes: [NodeMessage] = []
    var initializers: [TensorMessage] = []
    var inputs: [ValueMessage] = []
    var outputs: [ValueMessage] = []

    /// Adds what a message says; protobuf lets a message come in parts.
    mutating func read(
        _ range: Range<Int>,
        in bytes: Span<UInt8>,
        _ budget: inout ReadBudget
    ) throws(ModelError) {
        var reader = WireReader(range)
        while let field = try reader.next(in: bytes) {
            switch field.number {
            case 1:
                guard nodes.count < budget.limits.nodes else {
                    throw .limitExceeded(
                        path: "",
                        quantity: "nodes",
                        found: nodes.count + 1,
                        most: budget.limits.nodes
                    )
                }
                do {
                    nodes.append(try NodeMessage(try field.range(), in: bytes, &budget))
                } catch { throw error.within("node[\(nodes.count)]") }
            case 5:
                do {
                    initializers.append(try TensorMessage(try field.range(), in: bytes, &budget))
                } catch { throw error.within("initializer[\(initializers.count)]") }
            case 11:
                do {
                    inputs.append(try ValueMessage(try field.range(), in: bytes, &budget))
                } catch { throw error.within("input[\(inputs.count)]") }
            case 12:
                do {
                    outputs.append(try ValueMessage(try field.range(), in: bytes, &budget))
                } catch { throw error.within("output[\(outputs.count)]") }
            case 15:
                throw .unsupportedFeature(
                    path: "sparse_initializer",
                    feature: "a sparse initializer"
                )
            default: break
            }
        }
    }
}
