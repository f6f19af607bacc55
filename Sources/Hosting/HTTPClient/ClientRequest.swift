// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// A request as a client makes it.
package struct ClientRequest: Sendable, Equatable {
    /// A field of the header.
    package struct Field: Sendable, Equatable {
        /// The name, in any case.
        package var name: String
        /// The value.
        package var value: String

        /// Names a field and its value.
        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The method, as in `GET`.
    package var method: String
    /// The path and the query, percent-encoded.
    package var path: String
    /// The header; `Host` and `Content-Length` are added to it.
    package var fields: [Field]
    /// The body; may be empty.
    package var body: [UInt8]

    /// Makes a request.
    package init(_ method: String, _ path: String, fields: [Field] = [], body: [UInt8] = []) {
        self.method = method
        self.path = path
        self.fields = fields
        self.body = body
    }

    /// A `GET`.
    package static func get(_ path: String) -> ClientRequest {
        ClientRequest("GET", path)
    }

    /// A `POST` of JSON.
    package static func post(_ path: String, json: [UInt8]) -> ClientRequest {
        ClientRequest("POST", path, fields: [Field("Content-Type", "application/json")], body: json)
    }

    /// The path of these segments; whatever is not unreserved in them (RFC 3986, section 2.3) is
    /// percent-encoded, `/` too.
    package static func path(_ segments: [String]) -> String {
        segments.map { segment in
            var text = "/"
            for byte in segment.utf8 {
                if isUnreserved(byte) {
                    text.unicodeScalars.append(Unicode.Scalar(byte))
                } else {
                    text += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
                }
            }
            return text
        }.joined()
    }

    /// Whether the path can stand in the first line of a request: visible ASCII from `/` on.
    var hasSoundPath: Bool {
        path.utf8.first == UInt8(ascii: "/") && path.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default:
            "-._~".utf8.contains(byte)
        }
    }
}

/// A whole answer as a client sees it.
package struct ClientAnswer: Sendable, Equatable {
    /// The status, 200 to 599.
    package var status: Int
    /// The header in the order received.
    package var fields: [ClientRequest.Field]
    /// The body, without any framing.
    package var body: [UInt8]

    /// Makes an answer.
    package init(status: Int, fields: [ClientRequest.Field] = [], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// Whether the status is one of success.
    package var isSuccess: Bool { (200...299).contains(status) }
}
