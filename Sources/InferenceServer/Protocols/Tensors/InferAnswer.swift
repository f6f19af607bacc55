// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Inference
import PredictionLog

/// Which tensors an answer holds, and in which form.
struct InferAnswer {
    /// One tensor of it.
    struct Output {
        /// Its number among the model's outputs.
        var index: Int
        var isBinary: Bool
    }

    /// The tensors in the order asked for; nil for all of them in binary.
    fileprivate var outputs: [Output]?
    /// The request's `id`, in its own bytes.
    fileprivate var id = FieldValue.absent

    /// The answer to a raw request: everything in binary.
    static let raw = InferAnswer()

    private init() {}

    /// What a request asks for.
    ///
    /// - Throws: `shape` for an output that the model does not have.
    init(_ request: InferRequest, for served: ServedModel) throws(RequestFailure) {
        let known = served.model.outputs
        id = request.id
        guard let wanted = request.outputs else {
            outputs = known.indices.map { Output(index: $0, isBinary: request.wantsBinary) }
            return
        }
        var outputs: [Output] = []
        for output in wanted {
            guard let index = known.firstIndex(where: { $0.name == output.name }) else {
                let names = known.map { "'\($0.name)'" }.prefix(10).joined(separator: ", ")
                throw .shape("no output '\(output.name.prefix(100))'; the model's are \(names)")
            }
            outputs.append(Output(index: index, isBinary: output.isBinary ?? request.wantsBinary))
        }
        self.outputs = outputs
    }
}

extension Workbench {
    /// Writes the tensors of the rows that were run.
    mutating func answer(
        _ answer: InferAnswer,
        for served: ServedModel,
        _ request: Span<UInt8>
    ) -> ServerAnswer {
        setLabels()
        let wanted =
            answer.outputs
            ?? outputs.indices.map { InferAnswer.Output(index: $0, isBinary: true) }
        var blobs: [UInt8] = []
        var writer = JSONWriter(reservingBytes: 256)
        writer.object { writer in
            writer.key("model_name")
            writer.value(served.name)
            writer.key("model_version")
            writer.value(served.version)
            if answer.id.form == .text || answer.id.form == .escapedText {
                var id: [UInt8] = []
                id.appendLine(of: request, answer.id.range)
                writer.key("id")
                writer.value(json: id)
            }
            writer.key("outputs")
            writer.array { writer in
                for output in wanted {
                    write(output, of: served.model.outputs[output.index], to: &writer, &blobs)
                }
            }
        }
        guard wanted.contains(where: \.isBinary) else { return ServerAnswer(body: writer.bytes) }
        return ServerAnswer(
            contentType: "application/octet-stream",
            fields: [("Inference-Header-Content-Length", writer.bytes.count.description)],
            body: writer.bytes + blobs
        )
    }

    private func write(
        _ output: InferAnswer.Output,
        of described: ModelOutput,
        to writer: inout JSONWriter,
        _ blobs: inout [UInt8]
    ) {
        let tensor = outputs[output.index]
        let count = tensor.elementCount
        let datatype = Datatype(of: described)
        writer.object { writer in
            writer.key("name")
            writer.value(described.name)
            writer.key("datatype")
            writer.value(datatype.rawValue)
            writer.key("shape")
            writer.array { writer in
                writer.value(rows)
                let isLabel = plan.purpose.labelOutput == output.index
                if !isLabel { writer.value(rows > 0 ? count / rows : 0) }
            }
            if output.isBinary {
                let start = blobs.count
                tensor.appendBinary(as: datatype, to: &blobs)
                writer.key("parameters")
                writer.object { writer in
                    writer.key("binary_data_size")
                    writer.value(blobs.count - start)
                }
            } else {
                writer.key("data")
                writer.value(json: tensor.jsonElements(as: datatype))
            }
        }
    }
}

extension Tensor {
    /// The elements as a flat JSON array.
    fileprivate func jsonElements(as datatype: Datatype) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(elementCount * 12 + 2)
        bytes.append(UInt8(ascii: "["))
        for index in 0..<elementCount {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            if datatype == .bool {
                bytes.append(contentsOf: (number(at: index) == 0 ? "false" : "true").utf8)
            } else {
                appendElement(index, to: &bytes)
            }
        }
        bytes.append(UInt8(ascii: "]"))
        return bytes
    }

    /// Appends the elements little-endian, each as its type has it.
    fileprivate func appendBinary(as datatype: Datatype, to bytes: inout [UInt8]) {
        switch element {
        case .float: for value in floats { bytes.append(bits: UInt64(value.bitPattern), count: 4) }
        case .double: for value in doubles { bytes.append(bits: value.bitPattern, count: 8) }
        case .int64:
            for value in integers {
                bytes.append(bits: UInt64(bitPattern: value), count: datatype.byteCount ?? 8)
            }
        case .string:
            for value in strings {
                bytes.append(bits: UInt64(value.utf8.count), count: 4)
                bytes.append(contentsOf: value.utf8)
            }
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(bits: UInt64, count: Int) {
        for index in 0..<count { append(UInt8(truncatingIfNeeded: bits >> UInt64(8 * index))) }
    }
}
