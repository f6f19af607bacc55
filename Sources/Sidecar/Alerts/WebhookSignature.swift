// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation

/// Signs webhooks as Standard Webhooks 1.0 says (standardwebhooks.com, "Signature scheme").
///
/// `webhook-signature` is `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`, once for
/// every secret: while a secret is rotated receivers may know either.
package struct WebhookSignature {
    /// How long a secret may be, in bytes, once it is decoded.
    static let secretBytes = 24...64

    private let keys: [SymmetricKey]

    /// Reads secrets: `whsec_` and base64 each, with blanks or line ends between.
    ///
    /// - Throws: `WebhookSecretError`, which says which one is wrong, counted from 1.
    package init(secrets: String) throws(WebhookSecretError) {
        var keys: [SymmetricKey] = []
        for (index, secret) in secrets.split(whereSeparator: \.isWhitespace).enumerated() {
            let digits = secret.hasPrefix("whsec_") ? secret.dropFirst(6) : secret
            guard let bytes = Data(base64Encoded: String(digits)),
                Self.secretBytes.contains(bytes.count)
            else { throw WebhookSecretError(number: index + 1) }
            keys.append(SymmetricKey(data: bytes))
        }
        self.keys = keys
    }

    /// The value of `webhook-signature`.
    ///
    /// - Parameters:
    ///   - id: The value of `webhook-id`.
    ///   - timestamp: The value of `webhook-timestamp`, Unix seconds.
    ///   - body: The very bytes that are sent.
    /// - Returns: One signature for each secret, with blanks between.
    package func value(id: String, timestamp: Int, body: [UInt8]) -> String {
        let content = Array("\(id).\(timestamp).".utf8) + body
        return keys.map { key in
            let code = HMAC<SHA256>.authenticationCode(for: content, using: key)
            return "v1," + Data(code).base64EncodedString()
        }.joined(separator: " ")
    }
}

/// A secret that is none.
package struct WebhookSecretError: Error, Equatable, CustomStringConvertible {
    /// Which one, counted from 1.
    package let number: Int

    /// Names a secret by its place.
    package init(number: Int) {
        self.number = number
    }

    /// One clause.
    package var description: String {
        let range = WebhookSignature.secretBytes
        return "secret \(number) is not whsec_ and the base64 of "
            + "\(range.lowerBound) to \(range.upperBound) bytes"
    }
}
