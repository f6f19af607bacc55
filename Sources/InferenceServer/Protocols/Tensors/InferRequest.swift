// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// The JSON part of an Open Inference Protocol request, as it is written: nothing is compared with
/// the model yet.
struct InferRequest {
    /// One input tensor.
    struct Input {
        var name: String
        var shape: [Int]
        var datatype: String
        /// Where the elements stand; nil without `data`.
        var dataOffset: Int?
        /// Bytes behind the JSON part that hold the elements; nil for a tensor in JSON.
        var binaryBytes: Int?
    }

    /// One tensor that is asked for.
    struct Output {
        var name: String
        /// Whether it is to come in binary; nil leaves it to the request.
        var isBinary: Bool?
    }

    /// The `id`, a string.
    private(set) var id = FieldValue.absent
    /// Whether outputs come in binary that do not say otherwise.
    private(set) var wantsBinary = false
    private(set) var inputs: [Input] = []
    /// The outputs in the order asked for; nil asks for all.
    private(set) var outputs: [Output]?

    /// Reads the request that comes next.
    init(_ cursor: inout JSONCursor) throws(ScanFault) {
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            switch key {
            case "id":
                id = try cursor.fieldValue()
                guard id.form == .text || id.form == .escapedText || id.form == .null else {
                    throw ScanFault(
                        .malformed,
                        at: id.range.lowerBound,
                        found: .value,
                        expected: .string
                    )
                }
            case "parameters": wantsBinary = try Parameters(&cursor).binaryOutput ?? false
            case "inputs":
                inputs = []
                try cursor.beginArray()
                while try cursor.nextElement() { inputs.append(try Self.input(&cursor)) }
            case "outputs":
                var wanted: [Output] = []
                try cursor.beginArray()
                while try cursor.nextElement() { wanted.append(try Self.output(&cursor)) }
                outputs = wanted.isEmpty ? nil : wanted
            default: try cursor.skipValue()
            }
        }
    }

    private static func input(_ cursor: inout JSONCursor) throws(ScanFault) -> Input {
        var input = Input(name: "", shape: [], datatype: "")
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            switch key {
            case "name": input.name = try cursor.string()
            case "datatype": input.datatype = try cursor.string()
            case "shape":
                input.shape = []
                try cursor.beginArray()
                while try cursor.nextElement() { input.shape.append(try cursor.integer()) }
            case "parameters": input.binaryBytes = try Parameters(&cursor).binarySize
            case "data":
                // Its kind is looked at only to stand at its first byte.
                _ = try cursor.kind()
                input.dataOffset = cursor.offset
                try cursor.skipValue()
            default: try cursor.skipValue()
            }
        }
        return input
    }

    private static func output(_ cursor: inout JSONCursor) throws(ScanFault) -> Output {
        var output = Output(name: "", isBinary: nil)
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            switch key {
            case "name": output.name = try cursor.string()
            case "parameters": output.isBinary = try Parameters(&cursor).binaryData
            default: try cursor.skipValue()
            }
        }
        return output
    }
}

/// The parameters that mean something, of a request or a tensor.
private struct Parameters {
    var binarySize: Int?
    var binaryData: Bool?
    var binaryOutput: Bool?

    /// Reads an object of strings, numbers and booleans.
    init(_ cursor: inout JSONCursor) throws(ScanFault) {
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            switch key {
            case "binary_data_size": binarySize = try cursor.integer()
            case "binary_data": binaryData = try cursor.boolean()
            case "binary_data_output": binaryOutput = try cursor.boolean()
            default:
                let value = try cursor.fieldValue()
                switch value.form {
                case .text, .escapedText, .number, .boolean: continue
                default:
                    throw ScanFault(
                        .malformed,
                        at: value.range.lowerBound,
                        found: .value,
                        expected: .scalar
                    )
                }
            }
        }
    }
}
