// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1

/// What the head of a request says about the way it goes.
struct PlainRequest {
    /// As the answering function takes it; without the time of its arrival.
    private(set) var head: RequestHead
    /// Whether it can be answered at once, as far as its form goes: a POST of HTTP/1.1 to a path of
    /// predictions, with one Content-Length, and nothing that asks for special treatment.
    var isPlain: Bool { isPrediction && !isOdd && length != nil }
    /// Whether another request may follow.
    private(set) var keepsAlive: Bool
    /// Whether the client waits for a word before it sends the body.
    private(set) var expectsContinue = false
    /// Whether a field says how it is to be read on, beside one Content-Length at most.
    private(set) var hasOwnFraming = false
    /// Whether the body comes in a transfer coding other than chunked.
    private(set) var hasForeignCoding = false
    /// Its Content-Length.
    private(set) var length: Int?

    private let isPrediction: Bool
    private var isOdd = false

    /// A request of HTTP/1.1 of which no field was read yet.
    init(isPost: Bool, target: String) {
        head = RequestHead(method: isPost ? "POST" : "", path: target)
        isPrediction = isPost && target.isPredictionPath
        keepsAlive = true
    }

    /// Reads a head in one pass over its fields.
    init(_ request: HTTPRequestHead) {
        let isCurrent = request.version == .http1_1
        self.init(isPost: isCurrent && request.method == .POST, target: request.uri)
        // What follows an upgrade or a tunnel is not read as HTTP.
        keepsAlive = isCurrent && request.method != .CONNECT
        for (name, value) in request.headers {
            if let field = Field(count: name.utf8.count, is: { name.isField($0) }) {
                read(field, value)
            }
        }
    }

    /// Takes a field that says something about the way.
    mutating func read(_ field: Field, _ value: String) {
        switch field {
        case .accept: Self.take(value, into: &head.accept, &isOdd)
        case .acceptEncoding: Self.take(value, into: &head.acceptEncoding, &isOdd)
        case .authorization: Self.take(value, into: &head.authorization, &isOdd)
        case .contentType: Self.take(value, into: &head.contentType, &isOdd)
        case .contentEncoding: Self.take(value, into: &head.contentEncoding, &isOdd)
        case .inferenceHeaderLength:
            Self.take(value, into: &head.inferenceHeaderLength, &isOdd)
        case .traceparent: Self.take(value, into: &head.traceparent, &isOdd)
        case .connection: readConnection(value)
        case .proxyConnection:
            hasOwnFraming = true
            isOdd = true
        case .contentLength:
            let number = Int(value.drop { $0 == " " }.prefix { $0 != " " })
            read(length: number ?? .max)
        case .expect:
            expectsContinue = value.isField("100-continue")
            hasOwnFraming = true
            isOdd = true
        case .transferEncoding:
            if !value.isField("chunked") { hasForeignCoding = true }
            hasOwnFraming = true
            isOdd = true
        case .upgrade:
            keepsAlive = false
            hasOwnFraming = true
            isOdd = true
        }
    }

    /// Takes a Content-Length; of two of them the parser has to judge.
    mutating func read(length: Int) {
        if self.length != nil {
            hasOwnFraming = true
            isOdd = true
        }
        self.length = length
    }

    /// Takes a field that may come once; of two Hummingbird's side decides.
    private static func take(_ value: String, into field: inout String?, _ isOdd: inout Bool) {
        if field != nil { isOdd = true }
        field = value
    }

    private mutating func readConnection(_ value: String) {
        guard !value.isField("keep-alive") else { return }
        hasOwnFraming = true
        isOdd = true
        let closes = value.split(separator: ",").contains { option in
            String(option.drop { $0 == " " }.prefix { $0 != " " }).isField("close")
        }
        if closes { keepsAlive = false }
    }
}

extension PlainRequest {
    /// The fields that say something about the way of a request, or go into its head.
    enum Field {
        case accept, acceptEncoding, authorization, connection
        case contentEncoding, contentLength, contentType
        case expect, inferenceHeaderLength, proxyConnection, traceparent, transferEncoding, upgrade

        /// The field of a name, by its length and by comparing it; nil for all others.
        ///
        /// Lengths tell most names apart, before a letter is compared.
        init?(count: Int, is name: (String) -> Bool) {
            switch count {
            case 6 where name("Accept"): self = .accept
            case 6 where name("Expect"): self = .expect
            case 7 where name("Upgrade"): self = .upgrade
            case 10 where name("Connection"): self = .connection
            case 11 where name("traceparent"): self = .traceparent
            case 12 where name("Content-Type"): self = .contentType
            case 13 where name("Authorization"): self = .authorization
            case 14 where name("Content-Length"): self = .contentLength
            case 15 where name("Accept-Encoding"): self = .acceptEncoding
            case 16 where name("Content-Encoding"): self = .contentEncoding
            case 16 where name("Proxy-Connection"): self = .proxyConnection
            case 17 where name("Transfer-Encoding"): self = .transferEncoding
            case 31 where name("Inference-Header-Content-Length"): self = .inferenceHeaderLength
            default: return nil
            }
        }
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
    var lowercased: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }
}
