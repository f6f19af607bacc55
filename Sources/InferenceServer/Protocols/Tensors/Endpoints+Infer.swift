// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Inference
import PredictionLog

/// `POST /v2/models/{m}[/versions/{v}]/infer`: tensors in and out, in JSON or binary.
extension Endpoints {
    /// Answers an inference request.
    func infer(
        _ model: String,
        _ version: String?,
        _ head: RequestHead,
        _ body: Span<UInt8>,
        _ context: RequestContext,
        _ summary: inout RequestSummary
    ) throws(RequestFailure) -> ServerAnswer {
        try head.requireTensors()
        let served = try board.catalog.resolve(model, version)
        let jsonBytes = try head.jsonBytes(of: body.count)
        return try run(served, context, &summary) {
            (bench: inout Workbench) throws(RequestFailure) in
            if jsonBytes == 0, head.inferenceHeaderLength != nil {
                try bench.takeRaw(body, for: served, context)
                return bench.answer(InferAnswer.raw, for: served, body)
            }
            let request = try bench.take(body, jsonBytes: jsonBytes, for: served, context)
            let answer = try InferAnswer(request, for: served)
            try bench.conclude(context)
            return bench.answer(answer, for: served, body)
        }
    }
}

extension Workbench {
    /// Reads a request of named tensors, and takes its rows.
    fileprivate mutating func take(
        _ body: Span<UInt8>,
        jsonBytes: Int,
        for served: ServedModel,
        _ context: RequestContext
    ) throws(RequestFailure) -> InferRequest {
        let json = body.extracting(0..<jsonBytes)
        return try JSONCursor.read(json, maxDepth: RequestContext.depthLimit) {
            cursor throws(RequestFailure) in
            let request: InferRequest
            do throws(ScanFault) {
                request = try InferRequest(&cursor)
                try cursor.end()
            } catch {
                throw .json(error)
            }
            var reader = TensorReader(for: served, jsonBytes: jsonBytes)
            try reader.take(request.inputs, &cursor, body, context.limits)
            try reader.readRows(into: &self, &cursor, body, context)
            return request
        }
    }

    /// Takes a body that is nothing but the elements of the model's only input, a single row.
    fileprivate mutating func takeRaw(
        _ body: Span<UInt8>,
        for served: ServedModel,
        _ context: RequestContext
    ) throws(RequestFailure) {
        guard served.model.inputs.count == 1, let input = served.model.inputs.first else {
            throw .shape(
                "a raw request is for a model of one input, "
                    + "this one has \(served.model.inputs.count)"
            )
        }
        let datatype = Datatype(of: input)
        if datatype == .bytes, input.width == 1 {
            // A single text needs no length in front of it.
            guard body.isUTF8(body.indices) else { throw .shape("the body is no UTF-8") }
            reader.set(FieldValue(.bytes, range: body.indices), at: 0)
            takeRow(RowPlace(instance: 0), in: body, context)
        } else {
            var reader = TensorReader(for: served, jsonBytes: 0)
            let tensor = InferRequest.Input(
                name: input.name,
                shape: input.width == 1 ? [1] : [1, input.width],
                datatype: datatype.rawValue,
                binaryBytes: body.count
            )
            try JSONCursor.read(body) { cursor throws(RequestFailure) in
                try reader.take([tensor], &cursor, body, context.limits)
                try reader.readRows(into: &self, &cursor, body, context)
            }
        }
        try conclude(context)
    }
}

extension RequestHead {
    fileprivate func requireTensors() throws(RequestFailure) {
        guard let contentType else { return }
        let media = MediaType(contentType)
        let isKnown =
            media.name == "application/json" || media.name == "application/octet-stream"
            || media.name.hasSuffix("+json")
        guard isKnown, media.isUTF8 else {
            throw .mediaType(
                found: contentType,
                expected: "application/json or application/octet-stream"
            )
        }
    }

    /// The length of the JSON part of a body.
    fileprivate func jsonBytes(of bodyBytes: Int) throws(RequestFailure) -> Int {
        guard let inferenceHeaderLength else { return bodyBytes }
        guard let length = Int(inferenceHeaderLength), 0...bodyBytes ~= length else {
            throw .shape(
                "Inference-Header-Content-Length is '\(inferenceHeaderLength.prefix(30))', "
                    + "expected a length within the body's \(bodyBytes) bytes"
            )
        }
        return length
    }
}
