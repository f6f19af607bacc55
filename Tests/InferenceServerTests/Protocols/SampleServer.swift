// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import InferenceServer
import PredictionLog
import Synchronization

/// Endpoints over given models, asked as a client would, without a network.
struct SampleServer {
    let endpoints: Endpoints
    let board = CatalogBoard()
    let queue = RecordQueue(capacity: 16 << 20)
    let actions = RecordedActions()

    static let now = 1_764_136_499.25

    init(
        _ models: [ServedModel],
        defaultModel: String? = nil,
        unavailable: [ModelCatalog.Unavailable] = [],
        limits: ServingLimits = ServingLimits(),
        isReady: Bool = true,
        token: String? = nil
    ) {
        var entries: [ModelCatalog.Entry] = []
        for model in models {
            if let index = entries.firstIndex(where: { $0.name == model.name }) {
                entries[index].versions.append(model)
            } else {
                entries.append(
                    ModelCatalog.Entry(
                        name: model.name,
                        versions: [model],
                        defaultVersion: model,
                        unavailable: unavailable
                    )
                )
            }
        }
        board.show(ModelCatalog(entries: entries, defaultModel: defaultModel))
        endpoints = Endpoints(
            board: board,
            limits: limits,
            admin: actions.admin,
            surroundings: Endpoints.Surroundings(
                log: queue,
                metricsPage: { accept in
                    ServerAnswer(contentType: accept ?? "text/plain", body: Array("up 1\n".utf8))
                },
                readiness: { isReady },
                authorize: { head in token != nil && head.authorization == token },
                now: { Self.now },
                version: "9.9.9"
            )
        )
    }

    /// The answer to a request.
    func ask(
        _ method: String,
        _ path: String,
        _ body: [UInt8] = [],
        _ change: (inout RequestHead) -> Void = { _ in }
    ) -> Reply {
        var head = RequestHead(method: method, path: path)
        change(&head)
        let (answer, summary) = endpoints.answer(head, body: body.span)
        return Reply(answer: answer, summary: summary)
    }

    func get(_ path: String) -> Reply { ask("GET", path) }

    func post(
        _ path: String,
        _ body: String,
        _ change: (inout RequestHead) -> Void = { _ in }
    ) -> Reply {
        ask("POST", path, Array(body.utf8), change)
    }

    /// The lines that were logged since the last call.
    func takeLines() -> [String] {
        var bytes: [UInt8] = []
        queue.take(upTo: 16 << 20, into: &bytes)
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

/// An answer, and ways to look into it.
struct Reply {
    let answer: ServerAnswer
    let summary: RequestSummary

    var status: Int { answer.status }
    var text: String { String(decoding: answer.body, as: UTF8.self) }

    /// The body by Foundation's parser, which takes nothing but JSON.
    var json: JSONValue {
        get throws { try JSONDecoder().decode(JSONValue.self, from: Data(answer.body)) }
    }

    func field(_ name: String) -> String? { answer.fields.first { $0.name == name }?.value }
}

/// JSON as Foundation reads it.
enum JSONValue: Decodable, Equatable {
    case null
    case boolean(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    init(_ text: String) throws {
        self = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }

    subscript(_ key: String) -> JSONValue? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    subscript(_ index: Int) -> JSONValue? {
        if case .array(let elements) = self, elements.indices ~= index {
            elements[index]
        } else {
            nil
        }
    }

    var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
    var number: Double? { if case .number(let number) = self { number } else { nil } }
    var string: String? { if case .string(let string) = self { string } else { nil } }
}

/// Actions that are only noted.
final class RecordedActions: Sendable {
    private let calls = Mutex<[String]>([])

    /// What was asked for, in order.
    var all: [String] { calls.withLock { $0 } }

    /// Knows the model `delay` with the versions 1 and 2.
    var admin: AdminActions {
        AdminActions(
            load: { [self] model throws(AdminError) in try note("load", model) },
            unload: { [self] model throws(AdminError) in try note("unload", model) },
            promote: { [self] model, version throws(AdminError) in
                try note("promote", model)
                guard version == "2" else {
                    throw AdminError.unknownVersion(model: model, version: version, reason: nil)
                }
                return DefaultChange(from: "1", to: version)
            },
            rollback: { [self] model throws(AdminError) in
                try note("rollback", model)
                throw AdminError.noEarlierDefault(model: model)
            }
        )
    }

    private func note(_ action: String, _ model: String) throws(AdminError) {
        guard model == "delay" else { throw .unknownModel(model) }
        calls.withLock { $0.append("\(action) \(model)") }
    }
}
