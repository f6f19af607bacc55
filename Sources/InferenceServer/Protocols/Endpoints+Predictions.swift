// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// Requests for predictions: who answers, what was sent, and what is logged of it.
extension Endpoints {
    /// Answers a request for predictions in its protocol.
    func predict(
        _ head: RequestHead,
        _ route: Route,
        _ body: Span<UInt8>,
        _ summary: inout RequestSummary
    ) throws(RequestFailure) -> ServerAnswer {
        let context = RequestContext(
            limits: limits,
            arrival: head.arrival,
            isLogged: surroundings.log != nil,
            now: surroundings.now(),
            traceID: head.traceID
        )
        do throws(RequestFailure) {
            return switch route {
            case .predict: try predict(.one, head, body, context, &summary)
            case .predictBatch: try predict(.many, head, body, context, &summary)
            case .infer(let model, let version):
                try infer(model, version, head, body, context, &summary)
            case .oldPredict(let model, let version):
                try predictOld(model, version, head, body, context, &summary)
            default: try invoke(head, body, context, &summary)
            }
        } catch {
            if let log = surroundings.log, let served = summary.served {
                served.log(error.outcome, to: log, context)
            }
            throw error
        }
    }

    /// Answers a body of `/predict` or `/predict/batch`, which may name its model.
    ///
    /// The default model's plan is tried at once, as most bodies name no other; one that does is
    /// read again.
    private func predict(
        _ shape: PredictShape,
        _ head: RequestHead,
        _ body: Span<UInt8>,
        _ context: RequestContext,
        _ summary: inout RequestSummary
    ) throws(RequestFailure) -> ServerAnswer {
        try head.requireJSON()
        let catalog = board.catalog
        var served: ServedModel
        do throws(ModelCatalog.Unresolved) {
            served = try catalog.resolve(model: nil, version: nil)
        } catch {
            let address = try ModelAddress(readFrom: body)
            served = try catalog.resolve(address)
        }
        // The second model is the one that the body names, so there is no third.
        for _ in 0..<2 {
            let reading = try run(served, context, &summary) {
                (bench: inout Workbench) throws(RequestFailure) in
                try bench.predict(shape, body, for: served, context)
            }
            switch reading {
            case .answered(let bytes): return ServerAnswer(body: bytes)
            case .addressed(let address):
                summary.served = nil
                served = try catalog.resolve(address)
            }
        }
        // Only a body that reads differently the second time, which bytes do not.
        throw .shape("the body names no model")
    }

    /// Lends a model's memory to what reads a request's rows, and logs them.
    func run<Result>(
        _ served: ServedModel,
        _ context: RequestContext,
        _ summary: inout RequestSummary,
        _ body: (inout Workbench) throws(RequestFailure) -> Result
    ) throws(RequestFailure) -> Result {
        summary.served = served
        let (result, rows) = try served.withWorkbench {
            (bench: inout Workbench) throws(RequestFailure) in
            bench.reset()
            let result = try body(&bench)
            if let log = surroundings.log { bench.log(to: log, served.logged, context) }
            return (result, bench.rows)
        }
        summary.rows = rows
        return result
    }
}

/// The model and version that a body names.
struct ModelAddress: Equatable {
    var model: String?
    var version: String?

    /// Takes a string, or a number by its canonical text; anything else names nothing.
    init(model: FieldValue, version: FieldValue, in bytes: Span<UInt8>) {
        self.model = model.isName ? model.text(in: bytes) : nil
        self.version = version.isName ? version.text(in: bytes) : nil
    }

    /// Whether it is this model that is named, as far as one is.
    func isAnswered(by served: ServedModel) -> Bool {
        (model ?? served.name) == served.name && (version ?? served.version) == served.version
    }

    /// Reads the names of a body and nothing else.
    init(readFrom body: Span<UInt8>) throws(RequestFailure) {
        var (model, version) = (FieldValue.absent, FieldValue.absent)
        do throws(ScanFault) {
            try JSONCursor.read(body, maxDepth: RequestContext.depthLimit) {
                cursor throws(ScanFault) in
                if try cursor.kind() == .object {
                    try cursor.beginObject()
                    while let key = try cursor.nextKey() {
                        switch key {
                        case "model": model = try cursor.fieldValue()
                        case "version": version = try cursor.fieldValue()
                        default: try cursor.skipValue()
                        }
                    }
                } else {
                    try cursor.skipValue()
                }
                try cursor.end()
            }
        } catch {
            // A body of nothing names nothing, and is refused as such once a model is found.
            guard body.isEmpty else { throw .json(error) }
        }
        self.init(model: model, version: version, in: body)
    }
}

extension FieldValue {
    fileprivate var isName: Bool { form == .text || form == .escapedText || form == .number }
}

extension ModelCatalog {
    /// The model that answers a body.
    func resolve(_ address: ModelAddress) throws(RequestFailure) -> ServedModel {
        try resolve(address.model, address.version)
    }

    /// The model of a name and version.
    func resolve(
        _ model: String?,
        _ version: String?
    ) throws(RequestFailure) -> ServedModel {
        do throws(Unresolved) {
            return try resolve(model: model, version: version)
        } catch {
            throw .unresolved(error)
        }
    }
}

extension RequestHead {
    /// Makes sure that the body is JSON, as far as the head says: no content type says nothing.
    func requireJSON() throws(RequestFailure) {
        guard let contentType, contentType != "application/json" else { return }
        let media = MediaType(contentType)
        guard media.name == "application/json" || media.name.hasSuffix("+json"), media.isUTF8
        else { throw .mediaType(found: contentType, expected: "application/json") }
    }
}

/// A media type as `Content-Type` says it.
struct MediaType {
    /// Type and subtype in lower case.
    let name: String
    /// The parameters, names in lower case, values without quotes.
    let parameters: [(name: String, value: String)]

    /// Takes it apart.
    init(_ text: String) {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
        name = parts.first.map { $0.trimmingBlanks.lowercased() } ?? ""
        parameters = parts.dropFirst().filter { !$0.trimmingBlanks.isEmpty }.map { part in
            let halves = part.split(separator: "=", maxSplits: 1)
            let value = halves.count > 1 ? halves[1].trimmingBlanks : ""
            return (
                halves.first.map { $0.trimmingBlanks.lowercased() } ?? "",
                value.filter { $0 != "\"" }
            )
        }
    }

    /// Whether no other charset is named than UTF-8.
    var isUTF8: Bool {
        parameters.allSatisfy { $0.name != "charset" || $0.value.lowercased() == "utf-8" }
    }
}

extension Substring {
    fileprivate var trimmingBlanks: String {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        let start = drop(while: isBlank)
        return String(start.reversed().drop(while: isBlank).reversed())
    }
}
