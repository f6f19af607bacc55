// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The head of a request, free of any HTTP library: what both ways into the server make of theirs.
package struct RequestHead: Sendable {
    /// The method, as `GET` or `POST`.
    package var method: String
    /// The path as it was sent, without the query, still percent-encoded.
    package var path: String
    /// What stands after the question mark; nil without one.
    package var query: String?
    package var contentType: String?
    package var contentEncoding: String?
    /// `Inference-Header-Content-Length`, of the binary tensor extension.
    package var inferenceHeaderLength: String?
    package var traceparent: String?
    package var accept: String?
    package var acceptEncoding: String?
    package var authorization: String?
    /// The client's address, as text; nil on a Unix socket.
    package var client: String?
    /// Whether it came in over the admin socket.
    package var isAdministrator: Bool
    /// When its last byte was read, for latency and deadlines.
    package var arrival: Moment

    package init(
        method: String,
        path: String,
        query: String? = nil,
        isAdministrator: Bool = false,
        arrival: Moment = .now
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.isAdministrator = isAdministrator
        self.arrival = arrival
    }
}

/// A complete answer.
package struct ServerAnswer: Sendable, Equatable {
    package var status: Int
    package var contentType: String?
    /// Further header fields.
    package var fields: [(name: String, value: String)]
    package var body: [UInt8]

    package init(
        status: Int = 200,
        contentType: String? = "application/json",
        fields: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) {
        self.status = status
        self.contentType = contentType
        self.fields = fields
        self.body = body
    }

    package static func == (left: ServerAnswer, right: ServerAnswer) -> Bool {
        left.status == right.status && left.contentType == right.contentType
            && left.body == right.body
            && left.fields.elementsEqual(right.fields) {
                $0.name == $1.name && $0.value == $1.value
            }
    }
}

/// What a prediction request was, for metrics and the access log.
package struct RequestSummary: Sendable {
    /// The model version that answered or would have; nil where none was found.
    package var served: ServedModel?
    /// nil for a request that asks for no prediction.
    package var outcome: PredictionOutcome?
    /// Rows asked for.
    package var rows = 0
    /// A word for the reason of a failure, as `json_invalid` or `unknown_model`; nil when ok.
    package var reason: String?

    package init() {}
}
