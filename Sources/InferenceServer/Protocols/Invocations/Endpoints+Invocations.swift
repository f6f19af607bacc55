// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// `/invocations` of MLflow and SageMaker, and the `:predict` of TensorFlow Serving and KServe v1.
extension Endpoints {
    /// Answers `/invocations` by the default model.
    func invoke(
        _ head: RequestHead,
        _ body: Span<UInt8>,
        _ context: RequestContext,
        _ summary: inout RequestSummary
    ) throws(RequestFailure) -> ServerAnswer {
        let isCSV = try head.isCSV()
        let served = try board.catalog.resolve(nil, nil)
        return try run(served, context, &summary) {
            (bench: inout Workbench) throws(RequestFailure) in
            if isCSV {
                let request = try CSVRequest(body, for: served)
                try request.readRows(into: &bench, for: served, context)
            } else {
                try bench.read(body, as: InvocationsRequest.Form.allCases, context)
            }
            try bench.conclude(context)
            return bench.predictionsAnswer
        }
    }

    /// Answers `/v1/models/{m}[/versions/{v}]:predict`.
    func predictOld(
        _ model: String,
        _ version: String?,
        _ head: RequestHead,
        _ body: Span<UInt8>,
        _ context: RequestContext,
        _ summary: inout RequestSummary
    ) throws(RequestFailure) -> ServerAnswer {
        try head.requireJSON()
        let served = try board.catalog.resolve(model, version)
        return try run(served, context, &summary) {
            (bench: inout Workbench) throws(RequestFailure) in
            try bench.read(body, as: [.instances], context)
            try bench.conclude(context)
            return bench.predictionsAnswer
        }
    }
}

extension Workbench {
    fileprivate mutating func read(
        _ body: Span<UInt8>,
        as forms: [InvocationsRequest.Form],
        _ context: RequestContext
    ) throws(RequestFailure) {
        try JSONCursor.read(body, maxDepth: RequestContext.depthLimit) {
            cursor throws(RequestFailure) in
            let request = try InvocationsRequest(&cursor, among: forms)
            try request.readRows(into: &self, &cursor, body, context)
        }
    }

    /// `{"predictions": […]}`: labels of a classifier, values of a regressor.
    fileprivate var predictionsAnswer: ServerAnswer {
        var bytes = Array("{\"predictions\":".utf8)
        appendPredictions(to: &bytes)
        bytes.append(UInt8(ascii: "}"))
        return ServerAnswer(body: bytes)
    }
}

extension RequestHead {
    /// Whether the body is CSV; JSON is the other one, also without a content type.
    fileprivate func isCSV() throws(RequestFailure) -> Bool {
        guard let contentType else { return false }
        let media = MediaType(contentType)
        let isKnown = media.name == "application/json" || media.name == "text/csv"
        guard isKnown, media.isUTF8, media.parameters.allSatisfy({ $0.name == "charset" }) else {
            throw .mediaType(
                found: contentType,
                expected: "application/json or text/csv, with no parameter but charset=utf-8"
            )
        }
        return media.name == "text/csv"
    }
}
