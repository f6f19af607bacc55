// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Exposition
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import PredictionLog

/// A complete answer: every body is made before its first byte is sent, and gzipped when the
/// client takes that and it pays.
struct HTTPAnswer: ResponseGenerator {
    /// Bodies under this size travel as they are: a packet holds them anyway.
    static let smallestCompressedBytes = 1_024

    var status: HTTPResponse.Status = .ok
    var contentType: String
    var body: [UInt8]
    /// The methods that a resource has, where the request's is none of them.
    var allowedMethods: String?

    static func json(
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
    static func error(
        _ status: HTTPResponse.Status,
        code: String,
        message: String
    ) -> HTTPAnswer {
        json(status) { $0.error(code: code, message: message) }
    }

    func response(from request: Request, context: some RequestContext) throws -> Response {
        var headers: HTTPFields = [
            .contentType: contentType,
            .cacheControl: "no-store",
            .vary: "Accept, Accept-Encoding",
            .xContentTypeOptions: "nosniff",
        ]
        if let allowedMethods { headers[.allow] = allowedMethods }
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

/// Renders what a handler threw, and what no route matched, in the API's error shape.
///
/// Messages of unexpected errors stay in the log: they may name files of this machine.
struct ErrorShape<Context: RequestContext>: RouterMiddleware {
    /// What there is: nothing but GET and HEAD.
    let paths: Set<String>
    let logger: Logger

    func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            return try notFound(request).response(from: request, context: context)
        } catch let error as HTTPError {
            return try HTTPAnswer.error(
                error.status,
                code: "http_\(error.status.code)",
                message: error.body ?? error.status.reasonPhrase
            ).response(from: request, context: context)
        } catch {
            logger.error(
                "request failed",
                error: error,
                metadata: ["path": "\(request.uri.path)"]
            )
            return try HTTPAnswer.error(
                .internalServerError,
                code: "internal",
                message: "the request failed; the log says why"
            ).response(from: request, context: context)
        }
    }

    /// The router finds nothing for another method either.
    private func notFound(_ request: Request) -> HTTPAnswer {
        guard paths.contains(request.uri.path) else {
            return .error(
                .notFound,
                code: "not_found",
                message: "there is nothing at \(request.uri.path); / lists what there is"
            )
        }
        var answer = HTTPAnswer.error(
            .methodNotAllowed,
            code: "method_not_allowed",
            message: "\(request.uri.path) knows GET and HEAD, not \(request.method)"
        )
        answer.allowedMethods = "GET, HEAD"
        return answer
    }
}
