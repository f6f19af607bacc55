// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting
import Synchronization

/// What answers a request: the endpoints, or a test's stand-in.
package struct Answerer: Sendable {
    /// The answer to a request, and what it was; it never waits and never fails.
    package var answer:
        @Sendable (_ head: RequestHead, _ body: Span<UInt8>) -> (
            answer: ServerAnswer, summary: RequestSummary
        )
    /// Whether a request may take so long that it must leave the event loop.
    package var isSlow: @Sendable (_ head: RequestHead, _ bodyBytes: Int) -> Bool

    /// Names the functions.
    package init(
        answer:
            @escaping @Sendable (_ head: RequestHead, _ body: Span<UInt8>) -> (
                answer: ServerAnswer, summary: RequestSummary
            ),
        isSlow: @escaping @Sendable (_ head: RequestHead, _ bodyBytes: Int) -> Bool
    ) {
        self.answer = answer
        self.isSlow = isSlow
    }

    /// Answers by the server's endpoints.
    package init(_ endpoints: Endpoints) {
        self.init(
            answer: { head, body in endpoints.answer(head, body: body) },
            isSlow: { head, bodyBytes in endpoints.isSlow(head, bodyBytes: bodyBytes) }
        )
    }
}

/// What both ways into the server do with a request: admit it, answer it, count it, log it.
package final class RequestPipeline: Sendable {
    private let answerer: Answerer
    private let counters: ServerCounters
    private let accessLog: AccessLog?
    private let concurrency: Int

    /// Puts the way of a request together.
    ///
    /// - Parameters:
    ///   - answerer: What answers.
    ///   - counters: What is counted.
    ///   - concurrency: Requests under way at once; a further one is refused.
    ///   - accessLog: Where every request is told; nil for nowhere.
    package init(
        _ answerer: Answerer,
        counters: ServerCounters,
        concurrency: Int,
        accessLog: AccessLog? = nil
    ) {
        self.answerer = answerer
        self.counters = counters
        self.concurrency = concurrency
        self.accessLog = accessLog
    }

    /// Whether a request may take so long that it must leave the event loop.
    func isSlow(_ head: RequestHead, bodyBytes: Int) -> Bool {
        answerer.isSlow(head, bodyBytes)
    }

    /// Answers a request at once.
    func answer(_ head: RequestHead, body: Span<UInt8>) -> ServerAnswer {
        admit(head) ?? answer(admitted: head, body: body)
    }

    /// Takes a request in, to be answered by `answer(admitted:body:)` or given up by `giveUp()`.
    ///
    /// What asks for no work is always taken: a probe that an overloaded server refuses would have
    /// it restarted.
    ///
    /// - Returns: The refusal, when there are too many under way; then it was not taken in.
    func admit(_ head: RequestHead) -> ServerAnswer? {
        if counters.enter() <= concurrency || head.method != "POST" { return nil }
        counters.leave()
        let answer = ServerAnswer.overloaded
        var summary = RequestSummary()
        summary.outcome = .failed
        summary.reason = "overloaded"
        finish(head, answer, summary)
        return answer
    }

    /// Answers a request that was taken in.
    func answer(admitted head: RequestHead, body: Span<UInt8>) -> ServerAnswer {
        defer { counters.leave() }
        let (answer, summary) = answerer.answer(head, body)
        finish(head, answer, summary)
        return answer
    }

    /// Gives up a request that was taken in.
    func giveUp() {
        counters.leave()
    }

    private func finish(
        _ head: RequestHead,
        _ answer: ServerAnswer,
        _ summary: RequestSummary
    ) {
        let latency = head.arrival.duration(to: .now)
        counters.count(summary, latency: latency)
        accessLog?.tell(head, answer, summary, latency: latency)
    }
}

extension ServerAnswer {
    /// The answer when there are too many requests.
    fileprivate static let overloaded: ServerAnswer = {
        var answer = ServerAnswer.json(status: 503) { writer in
            writer.error(
                code: "overloaded",
                message: "too many requests are under way; try again in a second"
            )
        }
        answer.fields.append((name: "Retry-After", value: "1"))
        return answer
    }()
}
