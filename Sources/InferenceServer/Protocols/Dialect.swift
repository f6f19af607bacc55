// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// How a protocol says that something is wrong.
enum Dialect: Sendable {
    /// Kedge's own: `{"error":{"code","message"}}`.
    case kedge
    /// FastAPI's: `{"detail":…}`, 422 for what was sent.
    case predict
    /// The Open Inference Protocol's and TensorFlow Serving's: `{"error":"…"}`.
    case tensors
    /// MLflow's: `{"error_code","message"}`.
    case invocations

    /// The answer to a request that failed.
    func answer(_ failure: RequestFailure) -> ServerAnswer {
        var answer =
            switch self {
            case .kedge: Self.kedgeAnswer(failure)
            case .predict: Self.predictAnswer(failure)
            case .tensors:
                ServerAnswer.json(status: failure.status) { writer in
                    writer.object { writer in
                        writer.key("error")
                        writer.value(failure.message)
                    }
                }
            case .invocations: Self.invocationsAnswer(failure)
            }
        answer.fields += failure.fields
        return answer
    }

    private static func kedgeAnswer(_ failure: RequestFailure) -> ServerAnswer {
        .json(status: failure.status) { writer in
            writer.object { writer in
                writer.key("error")
                writer.object { writer in
                    writer.key("code")
                    writer.value(failure.reason)
                    writer.key("message")
                    writer.value(failure.message)
                }
            }
        }
    }

    private static func invocationsAnswer(_ failure: RequestFailure) -> ServerAnswer {
        if failure.status == 415 {
            return ServerAnswer(
                status: failure.status,
                contentType: "text/plain; charset=utf-8",
                body: Array(failure.message.utf8)
            )
        }
        return .json(status: failure.status) { writer in
            writer.object { writer in
                writer.key("error_code")
                writer.value(failure.status < 500 ? "BAD_REQUEST" : "INTERNAL_ERROR")
                writer.key("message")
                writer.value(failure.message)
            }
        }
    }

    private static func predictAnswer(_ failure: RequestFailure) -> ServerAnswer {
        let faults = failure.faults
        return .json(status: faults.isEmpty ? failure.status : 422) { writer in
            writer.object { writer in
                writer.key("detail")
                guard !faults.isEmpty else { return writer.value(failure.message) }
                writer.array { writer in
                    for fault in faults { fault.write(to: &writer) }
                }
            }
        }
    }
}

extension RequestFailure {
    /// The faults that FastAPI's shape lists; none for what is no fault of a value.
    fileprivate var faults: [ValidationFault] {
        switch self {
        case .faults(let faults): faults.list
        case .json(let fault): [ValidationFault(json: fault)]
        case .run(let sentence):
            [
                ValidationFault(
                    type: "value_error",
                    at: [.name("body")],
                    "Value error, \(sentence)",
                    json: Array("null".utf8)
                )
            ]
        case .unresolved(.unknownModel(let name, _)):
            [ValidationFault(type: "model_not_found", at: "model", message, named: name)]
        case .unresolved(.unknownVersion(_, let version, _, _)):
            [ValidationFault(type: "version_not_found", at: "version", message, named: version)]
        case .unresolved(.modelRequired):
            [ValidationFault(type: "model_required", at: "model", message, named: nil)]
        default: []
        }
    }
}

extension ValidationFault {
    /// What FastAPI says of a body that is no JSON.
    fileprivate init(json fault: ScanFault) {
        self.init(
            type: "json_invalid",
            at: [.name("body"), .index(fault.offset)],
            "JSON decode error",
            json: Array("{}".utf8),
            context: JSONWriter.bytes { writer in
                writer.object { writer in
                    writer.key("error")
                    writer.value(fault.description)
                }
            }
        )
    }

    /// The fault of a name in the body that nothing answers to.
    fileprivate init(type: String, at key: String, _ message: String, named name: String?) {
        self.init(
            type: type,
            at: [.name("body"), .name(key)],
            message,
            json: JSONWriter.bytes { $0.value(name.map { String($0.prefix(Self.inputLimit)) }) }
        )
    }
}

extension ServerAnswer {
    /// An answer of JSON.
    static func json(status: Int = 200, _ write: (inout JSONWriter) -> Void) -> ServerAnswer {
        ServerAnswer(status: status, body: JSONWriter.bytes(write))
    }
}
