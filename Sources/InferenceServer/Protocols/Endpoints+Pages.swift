// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// What is only read: health, metadata, the catalog, the documents.
extension Endpoints {
    /// Answers a GET, or the one POST that only reads.
    func page(
        _ head: RequestHead,
        _ route: Route,
        _ body: Span<UInt8>
    ) throws(RequestFailure) -> ServerAnswer {
        let catalog = board.catalog
        switch route {
        case .health: return .json { $0.members(("status", "ok")) }
        case .ready:
            return isReady(catalog)
                ? .json { $0.members(("status", "ready")) }
                : .json(status: 503) { $0.members(("status", "not ready")) }
        case .ping:
            guard isReady(catalog) else { throw .notFound }
            return ServerAnswer(contentType: "text/plain; charset=utf-8", body: [0x0A])
        case .metrics: return surroundings.metricsPage(head.accept)
        case .version: return .json { $0.members(("version", surroundings.version)) }
        case .openAPI:
            let document = OpenAPIDocument(catalog: catalog, limits: limits)
            return .json { document.write(to: &$0, version: surroundings.version) }
        case .frontPage:
            return ServerAnswer(
                contentType: "text/html; charset=utf-8",
                fields: [
                    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
                ],
                body: FrontPage(catalog: catalog, version: surroundings.version).html
            )
        case .catalog: return .json { catalog.write(to: &$0) }
        default: return try metadata(route, catalog, body)
        }
    }

    /// Whether requests are taken, and every model can answer.
    func isReady(_ catalog: ModelCatalog) -> Bool {
        surroundings.readiness() && catalog.isReady
    }

    private func metadata(
        _ route: Route,
        _ catalog: ModelCatalog,
        _ body: Span<UInt8>
    ) throws(RequestFailure) -> ServerAnswer {
        switch route {
        case .server: return TensorMetadata.server(version: surroundings.version)
        case .live: return .json { $0.members(("live", true)) }
        case .serverReady:
            let isReady = isReady(catalog)
            return .json(status: isReady ? 200 : 503) { $0.members(("ready", isReady)) }
        case .model(let model, let version):
            let served = try catalog.resolve(model, version)
            let versions = catalog.entries.first { $0.name == served.name }?.versions ?? []
            return TensorMetadata.model(served, versions: versions.map(\.version))
        case .modelReady(let model, let version): return try ready(model, version, catalog)
        case .repositoryIndex: return try TensorMetadata.index(catalog, request: body)
        case .oldModels: return OldMetadata.models(catalog)
        case .oldModel(let model, let version):
            return try OldMetadata.model(model, version, catalog)
        default: throw .notFound
        }
    }

    private func ready(
        _ model: String,
        _ version: String?,
        _ catalog: ModelCatalog
    ) throws(RequestFailure) -> ServerAnswer {
        do throws(ModelCatalog.Unresolved) {
            let served = try catalog.resolve(model: model, version: version)
            let isReady = surroundings.readiness()
            return .json(status: isReady ? 200 : 503) { writer in
                writer.members(("name", served.name), ("ready", isReady))
            }
        } catch {
            guard case .notReady = error else { throw .unresolved(error) }
            return .json(status: 503) { $0.members(("name", model), ("ready", false)) }
        }
    }
}

/// What a member of a small object may be.
protocol JSONScalar {
    /// Writes the value.
    func write(to writer: inout JSONWriter)
}

extension String: JSONScalar {
    func write(to writer: inout JSONWriter) { writer.value(self) }
}

extension Bool: JSONScalar {
    func write(to writer: inout JSONWriter) { writer.value(self) }
}

extension JSONWriter {
    /// Writes an object of members.
    mutating func members<each Value: JSONScalar>(_ member: repeat (String, each Value)) {
        object { writer in
            for (key, value) in repeat each member {
                writer.key(key)
                value.write(to: &writer)
            }
        }
    }

    /// Writes an array of strings.
    mutating func strings(_ texts: some Sequence<String>) {
        array { writer in
            for text in texts { writer.value(text) }
        }
    }
}
