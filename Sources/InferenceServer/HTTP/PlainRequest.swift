// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1

/// What the head of a request says about the way it goes.
struct PlainRequest {
    /// As the answering function takes it; without the time of its arrival.
    private(set) var head: RequestHead
    /// Whether it can be answered at once, as far as its form goes: a POST of HTTP/1.1 to a path of
    /// predictions, with one Content-Length, and nothing that asks for special treatment.
    private(set) var isPlain: Bool
    /// Whether another request may follow.
    private(set) var keepsAlive: Bool
    /// Whether the client waits for a word before it sends the body.
    private(set) var expectsContinue = false
    /// Its Content-Length.
    private(set) var length: Int?

    /// Reads a head in one pass over its fields.
    init(_ request: HTTPRequestHead) {
        let target = request.uri
        head = RequestHead(method: request.method == .POST ? "POST" : "", path: target)
        isPlain =
            request.version == .http1_1 && request.method == .POST && target.isPredictionPath
        // What follows an upgrade or a tunnel is not read as HTTP.
        keepsAlive = request.version == .http1_1 && request.method != .CONNECT
        for (name, value) in request.headers { read(name, value) }
        if length == nil { isPlain = false }
    }

    private mutating func read(_ name: String, _ value: String) {
        // Lengths tell most names apart, before a letter is compared.
        switch name.utf8.count {
        case 6 where name.isField("Accept"): Self.take(value, into: &head.accept, &isPlain)
        case 6 where name.isField("Expect"):
            expectsContinue = value.isField("100-continue")
            isPlain = false
        case 7 where name.isField("Upgrade"):
            keepsAlive = false
            isPlain = false
        case 10 where name.isField("Connection"): readConnection(value)
        case 11 where name.isField("traceparent"):
            Self.take(value, into: &head.traceparent, &isPlain)
        case 12 where name.isField("Content-Type"):
            Self.take(value, into: &head.contentType, &isPlain)
        case 13 where name.isField("Authorization"):
            Self.take(value, into: &head.authorization, &isPlain)
        case 14 where name.isField("Content-Length"):
            // The parser has refused two of them, and what is no number.
            if length != nil { isPlain = false }
            length = Int(value.drop { $0 == " " }.prefix { $0 != " " }) ?? .max
        case 15 where name.isField("Accept-Encoding"):
            Self.take(value, into: &head.acceptEncoding, &isPlain)
        case 17 where name.isField("Transfer-Encoding"): isPlain = false
        case 31 where name.isField("Inference-Header-Content-Length"):
            Self.take(value, into: &head.inferenceHeaderLength, &isPlain)
        default: break
        }
    }

    /// Takes a field that may come once; of two Hummingbird's side decides.
    private static func take(_ value: String, into field: inout String?, _ isPlain: inout Bool) {
        if field != nil { isPlain = false }
        field = value
    }

    private mutating func readConnection(_ value: String) {
        guard !value.isField("keep-alive") else { return }
        isPlain = false
        let closes = value.split(separator: ",").contains { option in
            String(option.drop { $0 == " " }.prefix { $0 != " " }).isField("close")
        }
        if closes { keepsAlive = false }
    }
}

extension String {
    /// Whether this is the path of predictions that are small as a rule.
    var isPredictionPath: Bool {
        switch self {
        case "/predict", "/predict/batch", "/invocations": true
        default:
            hasPrefix("/v2/models/") && hasSuffix("/infer")
                || hasPrefix("/v1/models/") && hasSuffix(":predict")
        }
    }

    /// Whether this is a name of ASCII, whatever its case.
    ///
    /// The name is given as most clients spell it, and that comparison is the cheap one.
    func isField(_ name: String) -> Bool {
        if self == name { return true }
        guard utf8.count == name.utf8.count else { return false }
        return utf8.elementsEqual(name.utf8) { $0.lowercased == $1.lowercased }
    }
}

extension UInt8 {
    /// The small letter of a capital one; everything else as it is.
    fileprivate var lowercased: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }
}
