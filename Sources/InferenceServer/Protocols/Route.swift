// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What a path names.
enum Route: Sendable, Equatable {
    case frontPage, health, ready, metrics, version, openAPI
    case predict, predictBatch
    case catalog
    case promote(model: String)
    case rollback(model: String)
    case ping, invocations
    case server, live, serverReady
    case model(String, version: String?)
    case modelReady(String, version: String?)
    case infer(String, version: String?)
    case repositoryIndex
    case repositoryLoad(String)
    case repositoryUnload(String)
    case oldModels
    case oldModel(String, version: String?)
    case oldPredict(String, version: String?)

    /// The route of a path as it was sent, still percent-encoded; nil for one that nothing answers.
    init?(path: String) {
        // The hot ones first, and the only ones that are compared as a whole.
        switch path {
        case "/predict": self = .predict
        case "/predict/batch": self = .predictBatch
        default:
            guard let route = Self.route(of: path) else { return nil }
            self = route
        }
    }

    private static func route(of path: String) -> Route? {
        if path == "/v2/" { return .server }
        guard path.utf8.first == UInt8(ascii: "/"),
            let segments = Self.segments(of: path)
        else { return nil }
        switch segments.first {
        case "v2": return tensorRoute(segments.dropFirst())
        case "v1": return oldRoute(segments.dropFirst())
        case "api": return catalogRoute(segments.dropFirst())
        default: break
        }
        return switch segments {
        case [""]: .frontPage
        case ["health"]: .health
        case ["ready"]: .ready
        case ["metrics"]: .metrics
        case ["version"]: .version
        case ["openapi.json"]: .openAPI
        case ["ping"]: .ping
        case ["invocations"]: .invocations
        default: nil
        }
    }

    private static func tensorRoute(_ segments: ArraySlice<String>) -> Route? {
        let parts = Array(segments)
        switch (parts.first, parts.count) {
        case (nil, _): return .server
        case ("health", 2) where parts[1] == "live": return .live
        case ("health", 2) where parts[1] == "ready": return .serverReady
        case ("repository", 2) where parts[1] == "index": return .repositoryIndex
        case ("repository", 4) where parts[1] == "models" && !parts[2].isEmpty:
            switch parts[3] {
            case "load": return .repositoryLoad(parts[2])
            case "unload": return .repositoryUnload(parts[2])
            default: return nil
            }
        case ("models", 2...):
            guard let (name, version, rest) = versioned(parts.dropFirst()) else { return nil }
            return switch rest {
            case []: .model(name, version: version)
            case ["ready"]: .modelReady(name, version: version)
            case ["infer"]: .infer(name, version: version)
            default: nil
            }
        default: return nil
        }
    }

    /// `/v1/models/{m}[/versions/{v}][:predict]`, of TensorFlow Serving and KServe.
    private static func oldRoute(_ segments: ArraySlice<String>) -> Route? {
        guard segments.first == "models" else { return nil }
        if segments.count == 1 { return .oldModels }
        var segments = segments
        let verb = ":predict"
        let isPredict = segments.last?.hasSuffix(verb) ?? false
        if isPredict, let last = segments.popLast() {
            segments.append(String(last.dropLast(verb.count)))
        }
        guard let (name, version, rest) = versioned(segments.dropFirst()), rest.isEmpty
        else { return nil }
        return isPredict
            ? .oldPredict(name, version: version) : .oldModel(name, version: version)
    }

    private static func catalogRoute(_ segments: ArraySlice<String>) -> Route? {
        let parts = Array(segments)
        guard parts.count >= 2, parts[0] == "v1", parts[1] == "models" else { return nil }
        if parts.count == 2 { return .catalog }
        guard parts.count == 4, !parts[2].isEmpty else { return nil }
        switch parts[3] {
        case "promote": return .promote(model: parts[2])
        case "rollback": return .rollback(model: parts[2])
        default: return nil
        }
    }

    private static func versioned(
        _ segments: ArraySlice<String>
    ) -> (name: String, version: String?, rest: [String])? {
        guard let name = segments.first, !name.isEmpty else { return nil }
        let rest = Array(segments.dropFirst())
        guard rest.first == "versions" else { return (name, nil, rest) }
        guard rest.count >= 2, !rest[1].isEmpty else { return nil }
        return (name, rest[1], Array(rest.dropFirst(2)))
    }

    /// The segments of a path, decoded; nil if one has a bad escape or is no UTF-8.
    private static func segments(of path: String) -> [String]? {
        var segments: [String] = []
        for part in path.utf8.dropFirst().split(
            separator: UInt8(ascii: "/"),
            omittingEmptySubsequences: false
        ) {
            guard let segment = decoded(part) else { return nil }
            segments.append(segment)
        }
        return segments
    }

    private static func decoded(_ part: Substring.UTF8View) -> String? {
        var bytes: [UInt8] = []
        var rest = part
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit),
                let low = rest.popFirst().flatMap(digit)
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension Route {
    /// Whether it only reads, and so answers GET and HEAD; the others answer POST.
    var isRead: Bool {
        switch self {
        case .predict, .predictBatch, .promote, .rollback, .invocations, .infer, .repositoryIndex,
            .repositoryLoad, .repositoryUnload, .oldPredict:
            false
        default: true
        }
    }

    /// Whether it changes what is served.
    var changesState: Bool {
        switch self {
        case .promote, .rollback, .repositoryLoad, .repositoryUnload: true
        default: false
        }
    }

    /// Whether it asks for predictions.
    var isPrediction: Bool {
        switch self {
        case .predict, .predictBatch, .invocations, .infer, .oldPredict: true
        default: false
        }
    }
}
