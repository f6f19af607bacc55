// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting
package import PredictionLog

/// The one function that answers every request: bytes in, bytes out, without waiting for anything
/// but the processor.
///
/// Whatever a client sends is answered: no fault of a request leaves as an error, traps, or is told
/// as the server's own.
package struct Endpoints: Sendable {
    /// What requests are answered from.
    package struct Surroundings: Sendable {
        /// The prediction log; nil without one.
        package var log: RecordQueue?
        /// The body of `/metrics`, in the format that an `Accept` field asks for.
        package var metricsPage: @Sendable (_ accept: String?) -> ServerAnswer
        /// Whether the server takes requests: not while it drains.
        package var readiness: @Sendable () -> Bool
        /// Whether a request may change what is served; those of the admin socket may anyway.
        package var authorize: @Sendable (RequestHead) -> Bool
        /// The wall clock, in Unix seconds.
        package var now: @Sendable () -> Double
        /// The program's version.
        package var version: String

        /// Names what there is.
        package init(
            log: RecordQueue? = nil,
            metricsPage: @escaping @Sendable (_ accept: String?) -> ServerAnswer,
            readiness: @escaping @Sendable () -> Bool,
            authorize: @escaping @Sendable (RequestHead) -> Bool,
            now: @escaping @Sendable () -> Double,
            version: String
        ) {
            self.log = log
            self.metricsPage = metricsPage
            self.readiness = readiness
            self.authorize = authorize
            self.now = now
            self.version = version
        }
    }

    let board: CatalogBoard
    let limits: ServingLimits
    let admin: AdminActions
    let surroundings: Surroundings

    /// Answers from a board's catalog.
    package init(
        board: CatalogBoard,
        limits: ServingLimits,
        admin: AdminActions,
        surroundings: Surroundings
    ) {
        self.board = board
        self.limits = limits
        self.admin = admin
        self.surroundings = surroundings
    }

    /// Answers one request.
    ///
    /// - Parameters:
    ///   - head: Its head.
    ///   - body: Its whole body.
    /// - Returns: The answer, with a body also for HEAD, and what the request was.
    /// - Complexity: O(bytes + the model's work). Requests that `isSlow` names may take
    ///   milliseconds.
    package func answer(
        _ head: RequestHead,
        body: Span<UInt8>
    ) -> (answer: ServerAnswer, summary: RequestSummary) {
        var summary = RequestSummary()
        let route = Route(path: head.path)
        do throws(RequestFailure) {
            guard let route else { throw .notFound }
            try check(head, route, bodyBytes: body.count)
            let answer = try respond(to: head, route, body, &summary)
            if route.isPrediction { summary.outcome = .ok }
            return (answer, summary)
        } catch {
            summary.reason = error.reason
            if let route, route.isPrediction { summary.outcome = error.outcome }
            return (Dialect(path: head.path).answer(error), summary)
        }
    }

    /// Whether a request may take so long that it must not be answered on an event loop.
    package func isSlow(_ head: RequestHead, bodyBytes: Int) -> Bool {
        if bodyBytes > 1 << 16 { return true }
        guard let route = Route(path: head.path) else { return false }
        return switch route {
        case .predict, .health, .ready, .version, .ping, .live, .serverReady, .server, .modelReady:
            false
        case .promote, .rollback, .repositoryLoad, .repositoryUnload: true
        case .predictBatch, .invocations, .infer, .oldPredict: bodyBytes > 1 << 13
        case .metrics, .openAPI, .frontPage, .catalog, .model, .repositoryIndex, .oldModels,
            .oldModel:
            true
        }
    }

    private func check(
        _ head: RequestHead,
        _ route: Route,
        bodyBytes: Int
    ) throws(RequestFailure) {
        let isRead = head.method == "GET" || head.method == "HEAD"
        if route.isRead {
            guard isRead else { throw .method(allowed: "GET, HEAD") }
        } else {
            guard head.method == "POST" else { throw .method(allowed: "POST") }
            if let coding = head.contentCoding { throw .contentCoding(found: coding) }
        }
        guard bodyBytes <= limits.bodyBytes else { throw .bodyTooLarge(limit: limits.bodyBytes) }
        guard route.changesState else { return }
        let refusal = ChangeRefusal(
            authorization: head.authorization,
            isAdministrator: head.isAdministrator
        ) { _ in surroundings.authorize(head) }
        if let refusal { throw .change(refusal) }
    }

    private func respond(
        to head: RequestHead,
        _ route: Route,
        _ body: Span<UInt8>,
        _ summary: inout RequestSummary
    ) throws(RequestFailure) -> ServerAnswer {
        switch route {
        case .predict, .predictBatch, .infer, .invocations, .oldPredict:
            try predict(head, route, body, &summary)
        case .promote, .rollback, .repositoryLoad, .repositoryUnload:
            try change(route, body)
        default: try page(head, route, body)
        }
    }
}

extension RequestHead {
    /// How the body is coded; nil where it is sent as it is.
    fileprivate var contentCoding: String? {
        guard let contentEncoding, !contentEncoding.isEmpty, !contentEncoding.isField("identity")
        else { return nil }
        return contentEncoding
    }
}

extension Dialect {
    /// The dialect of a path, also of one that nothing answers.
    init(path: String) {
        if path.isUnder("/predict") {
            self = .predict
        } else if path.isUnder("/v2") || path.isUnder("/v1") {
            self = .tensors
        } else if path.isUnder("/invocations") || path.isUnder("/ping") {
            self = .invocations
        } else {
            self = .kedge
        }
    }
}

extension String {
    fileprivate func isUnder(_ path: String) -> Bool {
        hasPrefix(path) && (utf8.count == path.utf8.count || hasPrefix(path + "/"))
    }
}
