// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Exposition
package import HTTPTypes
package import Hummingbird
import NIOCore
package import PredictionLog

/// A complete answer: every body is made before its first byte is sent, and gzipped when the
/// client takes that and it pays.
package struct HTTPAnswer: ResponseGenerator {
    /// Bodies under this size travel as they are: a packet holds them anyway.
    package static let smallestCompressedBytes = 1_024

    /// The status of the answer.
    package var status: HTTPResponse.Status
    /// What the body is.
    package var contentType: String
    /// The body, uncompressed.
    package var body: [UInt8]
    /// The methods that a resource has, where the request's is none of them.
    package var allowedMethods: String?
    /// How a client may say who it is, where it did not.
    package var challenge: String?

    /// Makes an answer of a whole body.
    package init(status: HTTPResponse.Status = .ok, contentType: String, body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    /// Makes an answer of JSON, and a newline behind it.
    package static func json(
        _ status: HTTPResponse.Status = .ok,
        _ write: (inout JSONWriter) -> Void
    ) -> HTTPAnswer {
        var writer = JSONWriter()
        write(&writer)
        writer.newline()
        return HTTPAnswer(
            status: status,
            contentType: "application/json; charset=utf-8",
            body: writer.bytes
        )
    }

    /// The one shape of an error: `{"error":{"code","message"}}`.
    package static func error(
        _ status: HTTPResponse.Status,
        code: String,
        message: String
    ) -> HTTPAnswer {
        json(status) { $0.error(code: code, message: message) }
    }

    /// The answer to a request that may not change state.
    package static func refusal(_ refusal: ChangeRefusal) -> HTTPAnswer {
        var answer = error(
            HTTPResponse.Status(code: refusal.status),
            code: refusal.code,
            message: refusal.message
        )
        answer.challenge = refusal.challenge
        return answer
    }

    /// The answer in the coding that the client takes.
    ///
    /// - Throws: `GzipError.outOfMemory`.
    package func response(from request: Request, context: some RequestContext) throws -> Response {
        var headers: HTTPFields = [
            .contentType: contentType,
            .cacheControl: "no-store",
            .vary: "Accept, Accept-Encoding",
            .xContentTypeOptions: "nosniff",
        ]
        if let allowedMethods { headers[.allow] = allowedMethods }
        if let challenge { headers[.wwwAuthenticate] = challenge }
        var body = body
        let encodings = request.headers[.acceptEncoding]
        if body.count >= Self.smallestCompressedBytes,
            ContentCoding.negotiate(acceptEncoding: encodings) == .gzip
        {
            body = try Gzip.compress(body)
            headers[.contentEncoding] = "gzip"
        }
        return Response(
            status: status,
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body))
        )
    }
}
