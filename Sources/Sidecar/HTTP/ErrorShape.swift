// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hosting
import Hummingbird
import Logging

/// Renders what a handler threw, and what no route matched, in the API's error shape.
///
/// Messages of unexpected errors stay in the log: they may name files of this machine.
struct ErrorShape<Context: RequestContext>: RouterMiddleware {
    /// What there is, and the methods that it knows; a path that ends in `/*` is for everything one
    /// step below.
    let methods: [String: String]
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
        let path = request.uri.path
        let parent = path.lastIndex(of: "/").map { path[...$0] + "*" } ?? ""
        guard let methods = methods[path] ?? methods[String(parent)] else {
            return .error(
                .notFound,
                code: "not_found",
                message: "there is nothing at \(request.uri.path); / lists what there is"
            )
        }
        var answer = HTTPAnswer.error(
            .methodNotAllowed,
            code: "method_not_allowed",
            message: "\(request.uri.path) knows \(methods), not \(request.method)"
        )
        answer.allowedMethods = methods
        return answer
    }
}
