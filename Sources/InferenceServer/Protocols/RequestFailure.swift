// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting
import PredictionLog

/// Why a request has no other answer than an error.
enum RequestFailure: Error, Sendable {
    /// No such path.
    case notFound
    /// The path has other methods: an `Allow` field.
    case method(allowed: String)
    /// The body is of a type that the path does not read.
    case mediaType(found: String?, expected: String)
    /// The body is coded, as by gzip.
    case contentCoding(found: String)
    /// The body comes in a transfer coding other than chunked.
    case transferCoding
    /// The body is larger than it may be.
    case bodyTooLarge(limit: Int)
    /// The body is no JSON.
    case json(ScanFault)
    /// Values that cannot be taken.
    case faults(ValidationFaults)
    /// The body, or its tensors, are not what the protocol asks for; a sentence.
    case shape(String)
    /// Nothing answers to the model and version.
    case unresolved(ModelCatalog.Unresolved)
    /// It has taken more time than it may.
    case late(limit: Duration)
    /// The model cannot run these rows; a sentence.
    case run(String)
    /// The model cannot run at all; a sentence.
    case broken(String)
    /// A change of state by somebody who may not.
    case change(ChangeRefusal)
    /// A change of state that failed.
    case admin(AdminError)
}

extension RequestFailure {
    /// The word under which it is counted, and the `code` of an error.
    var reason: String {
        switch self {
        case .notFound: "not_found"
        case .method: "method_not_allowed"
        case .mediaType: "unsupported_media_type"
        case .contentCoding: "unsupported_content_encoding"
        case .transferCoding: "unsupported_transfer_encoding"
        case .bodyTooLarge: "body_too_large"
        case .json: "json_invalid"
        case .faults: "invalid_values"
        case .shape: "invalid_request"
        case .unresolved(.unknownModel): "unknown_model"
        case .unresolved(.unknownVersion): "unknown_version"
        case .unresolved(.modelRequired): "model_required"
        case .unresolved(.notReady): "not_ready"
        case .late: "timeout"
        case .run: "model_refused"
        case .broken: "model_failed"
        case .change(let refusal): refusal.code
        case .admin(let error): error.code
        }
    }

    /// One sentence.
    var message: String {
        switch self {
        case .notFound: "Not Found"
        case .method: "Method Not Allowed"
        case .mediaType(let found, let expected):
            "unsupported content type \(found.map { "'\($0.prefix(100))'" } ?? "(none)"): "
                + "\(expected) is expected"
        case .contentCoding(let found):
            "unsupported content encoding '\(found.prefix(100))': the body is to be sent as it is"
        case .transferCoding: "the only transfer coding that is taken is chunked"
        case .bodyTooLarge(let limit): "the body is larger than \(limit) bytes"
        case .json(let fault): "the body cannot be read: \(fault)"
        case .faults(let faults): faults.sentences
        case .shape(let sentence), .run(let sentence), .broken(let sentence): sentence
        case .unresolved(let unresolved): unresolved.sentence
        case .late(let limit): "the request took longer than \(limit)"
        case .change(let refusal): refusal.message
        case .admin(let error): error.description
        }
    }

    /// The status where the protocol has no other one for it.
    var status: Int {
        switch self {
        case .notFound, .unresolved(.unknownModel), .unresolved(.unknownVersion): 404
        case .method: 405
        case .mediaType, .contentCoding: 415
        case .transferCoding: 501
        case .bodyTooLarge: 413
        case .json, .faults, .shape, .run, .unresolved(.modelRequired): 400
        case .broken: 500
        case .unresolved(.notReady): 503
        case .late: 504
        case .change(let refusal): refusal.status
        case .admin(let error): error.status
        }
    }

    /// Fields that go with the status.
    var fields: [(name: String, value: String)] {
        switch self {
        case .method(let allowed): [("Allow", allowed)]
        // RFC 9110, section 15.5.16.
        case .contentCoding: [("Accept-Encoding", "identity")]
        case .change(let refusal): refusal.challenge.map { [("WWW-Authenticate", $0)] } ?? []
        default: []
        }
    }

    /// What a request for predictions that ends so is counted as.
    var outcome: PredictionOutcome { status >= 500 ? .failed : .rejected }
}

extension ModelCatalog.Unresolved {
    /// One sentence.
    var sentence: String {
        switch self {
        case .unknownModel(let name, let known):
            "no model '\(name.prefix(200))'; there is \(known.phrase)"
        case .unknownVersion(let model, let version, let known, let reason):
            "no version '\(version.prefix(200))' of model '\(model)'; there is \(known.phrase)"
                + (reason.map { ": \($0)" } ?? "")
        case .modelRequired(let known):
            known.isEmpty ? "no model is loaded" : "a model must be named: \(known.phrase)"
        case .notReady(let model, let reason):
            "model '\(model)' has no version that can be served" + (reason.map { ": \($0)" } ?? "")
        }
    }
}

extension [String] {
    /// The first few, in quotes; `none` of nothing.
    fileprivate var phrase: String {
        if isEmpty { return "none" }
        let told = prefix(10).map { "'\($0)'" }.joined(separator: ", ")
        return count > 10 ? "\(told) and \(count - 10) more" : told
    }
}
