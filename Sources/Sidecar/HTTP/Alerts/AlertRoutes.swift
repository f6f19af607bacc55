// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import HTTPTypes
import Hosting
import Hummingbird
import NIOCore
import PredictionLog

/// `/api/v1/alerts`, `/api/v1/silences` and the test of receivers.
struct AlertRoutes: Sendable {
    let desk: AlertDesk
    /// Nil keeps nothing.
    let keeper: AlertKeeper?
    let post: NotificationPost
    let gate: ChangeGate

    /// Longer bodies are no silences.
    static let bodyBytes = 65_536
    /// How long an answer waits until a change is on the disk.
    static let patience = Duration.seconds(2)
    static let alertsPath = "/api/v1/alerts"
    static let silencesPath = "/api/v1/silences"
    static let testPath = "/api/v1/receivers/test"

    /// The methods that each path knows.
    static let methods = [
        alertsPath: "GET, HEAD", silencesPath: "GET, HEAD, POST",
        silencesPath + "/*": "GET, HEAD, DELETE", testPath: "POST",
    ]

    /// Adds the routes.
    func add(to router: Router<BasicRequestContext>) {
        router.get(RouterPath(Self.alertsPath)) { _, _ in
            HTTPAnswer.json { json in
                let context = post.context(externalURL: desk.externalURL)
                AlertsJSON.write(desk.alerts(at: wallClockSeconds()), context, to: &json)
            }
        }
        router.get(RouterPath(Self.silencesPath)) { _, _ in
            HTTPAnswer.json { json in
                SilencesJSON.write(desk.silences, now: wallClockSeconds(), to: &json)
            }
        }
        router.get(RouterPath(Self.silencesPath + "/:id")) { _, context in
            let id = context.parameters.get("id") ?? ""
            guard let silence = desk.silences.first(where: { $0.id == id }) else {
                return Self.noSilence(id)
            }
            return HTTPAnswer.json { json in
                SilencesJSON.write(silence, now: wallClockSeconds(), to: &json)
            }
        }
        router.post(RouterPath(Self.silencesPath)) { request, _ in
            try await silence(request)
        }
        router.delete(RouterPath(Self.silencesPath + "/:id")) { request, context in
            if let refusal = try await gate.refusal(of: request) {
                return HTTPAnswer.refusal(refusal)
            }
            let id = context.parameters.get("id") ?? ""
            let now = wallClockSeconds()
            guard let silence = desk.endSilence(id, now: now) else { return Self.noSilence(id) }
            await keep()
            return HTTPAnswer.json { SilencesJSON.write(silence, now: now, to: &$0) }
        }
        router.post(RouterPath(Self.testPath)) { request, _ in
            try await test(request)
        }
    }

    private func silence(_ request: Request) async throws -> HTTPAnswer {
        if let refusal = try await gate.refusal(of: request) { return .refusal(refusal) }
        guard let body = try await body(of: request) else { return Self.tooLarge }
        let now = wallClockSeconds()
        do throws(SilenceRequestError) {
            let silence = try SilenceRequest(decoding: body).silence(now: now)
            guard desk.add(silence, now: now) else {
                return .error(
                    .tooManyRequests,
                    code: "too_many_silences",
                    message: "there are \(Silence.maximum) silences already"
                )
            }
            await keep()
            return .json { $0.object { $0.member("silenceID", silence.id) } }
        } catch {
            return .error(.badRequest, code: "invalid_silence", message: "\(error)")
        }
    }

    /// Has a silence kept before it is confirmed, unless the disk takes for ever: it holds all the
    /// same.
    private func keep() async {
        guard let keeper else { return }
        try? await Timeout.run(within: Self.patience) { await keeper.keep(desk) }
    }

    /// Sends a sample to one receiver, and answers what it said.
    private func test(_ request: Request) async throws -> HTTPAnswer {
        if let refusal = try await gate.refusal(of: request) { return .refusal(refusal) }
        guard let body = try await body(of: request) else { return Self.tooLarge }
        let receivers = desk.receivers
        guard let name = Self.receiverName(in: body) else {
            return .error(
                .badRequest,
                code: "invalid_test",
                message: #"the body must name a receiver: {"receiver":"…"}"#
            )
        }
        guard let receiver = receivers.first(where: { $0.name == name }) else {
            let known = receivers.map(\.name).joined(separator: ", ")
            return .error(
                .notFound,
                code: "no_receiver",
                message: "there is no receiver \(name); there is: \(known)"
            )
        }
        let sample = Notification.sample(for: receiver.name, time: wallClockSeconds())
        let result = await post.send(sample, to: receiver, externalURL: desk.externalURL)
        return .json { json in
            json.object { json in
                json.member("receiver", receiver.name)
                json.member("outcome", result.outcome.word)
                json.key("status")
                if let status = result.status { json.value(status) } else { json.null() }
                json.member("answer", result.status == nil ? nil : result.answer)
                json.member("reason", result.outcome.reason)
            }
        }
    }

    private func body(of request: Request) async throws -> [UInt8]? {
        do {
            return Array(buffer: try await request.body.collect(upTo: Self.bodyBytes))
        } catch is NIOTooManyBytesError {
            return nil
        }
    }

    private static func receiverName(in body: [UInt8]) -> String? {
        let name = try? JSONCursor.read(body.span) { cursor throws(ScanFault) in
            var name: String?
            try cursor.beginObject()
            while let key = try cursor.nextKey() {
                if key == "receiver" { name = try cursor.string() } else { try cursor.skipValue() }
            }
            try cursor.end()
            return name
        }
        return name.flatMap(\.self)
    }

    private static func noSilence(_ id: String) -> HTTPAnswer {
        .error(
            .notFound,
            code: "no_silence",
            message: id.hasPrefix("config-")
                ? "\(id) is part of the configuration, and is ended there"
                : "there is no silence \(id)"
        )
    }

    private static let tooLarge = HTTPAnswer.error(
        .contentTooLarge,
        code: "body_too_large",
        message: "the body is larger than \(bodyBytes) bytes"
    )
}

extension DeliveryOutcome {
    /// The outcome in one word.
    fileprivate var word: String {
        switch self {
        case .delivered: "delivered"
        case .failed: "failed"
        case .rejected: "rejected"
        case .gone: "gone"
        }
    }

    /// Why, where it did not arrive.
    fileprivate var reason: String? {
        switch self {
        case .delivered: nil
        case .failed(let reason, _), .rejected(let reason), .gone(let reason): reason
        }
    }
}
