// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// What changes the models that are served: authorised before it comes here.
extension Endpoints {
    /// Makes a change and says what it came to.
    func change(_ route: Route, _ body: Span<UInt8>) throws(RequestFailure) -> ServerAnswer {
        switch route {
        case .promote(let model):
            let version = try Self.requestedVersion(body)
            let change = try Self.admin { () throws(AdminError) in
                try admin.promote(model, version)
            }
            return Self.answer(change, of: model)
        case .rollback(let model):
            let change = try Self.admin { () throws(AdminError) in try admin.rollback(model) }
            return Self.answer(change, of: model)
        case .repositoryLoad(let model):
            try Self.refuseUploads(body)
            try Self.admin { () throws(AdminError) in try admin.load(model) }
            return .json { $0.object { _ in } }
        case .repositoryUnload(let model):
            try Self.refuseUploads(body)
            try Self.admin { () throws(AdminError) in try admin.unload(model) }
            return .json { $0.object { _ in } }
        default: throw .notFound
        }
    }

    private static func admin<Result>(
        _ action: () throws(AdminError) -> Result
    ) throws(RequestFailure) -> Result {
        do throws(AdminError) {
            return try action()
        } catch {
            throw .admin(error)
        }
    }

    private static func answer(_ change: DefaultChange, of model: String) -> ServerAnswer {
        .json { writer in
            writer.object { writer in
                writer.key("model")
                writer.value(model)
                writer.key("default")
                writer.value(change.to)
                writer.key("previous")
                writer.value(change.from)
            }
        }
    }

    /// The `version` of a body, a string or a number.
    private static func requestedVersion(_ body: Span<UInt8>) throws(RequestFailure) -> String {
        guard let version = try ModelAddress(readFrom: body).version else {
            throw .shape("a body {\"version\": …} is expected, a string or a whole number")
        }
        return version
    }

    /// Refuses what a load may bring along in other servers: files and configuration.
    ///
    /// A server that takes model files from the network runs what anybody with a token sends.
    private static func refuseUploads(_ body: Span<UInt8>) throws(RequestFailure) {
        if body.isEmpty { return }
        var refused: String?
        do throws(ScanFault) {
            try JSONCursor.read(body, maxDepth: RequestContext.depthLimit) {
                cursor throws(ScanFault) in
                try cursor.beginObject()
                while let key = try cursor.nextKey() {
                    guard key == "parameters", try cursor.kind() == .object else {
                        try cursor.skipValue()
                        continue
                    }
                    try cursor.beginObject()
                    while let name = try cursor.nextKey() {
                        if name == "config" || name.hasPrefix("file:") { refused = name }
                        try cursor.skipValue()
                    }
                }
                try cursor.end()
            }
        } catch {
            throw .json(error)
        }
        if let refused {
            throw .shape(
                "the parameter '\(refused.prefix(100))' is not taken: "
                    + "models come from their directory"
            )
        }
    }
}
