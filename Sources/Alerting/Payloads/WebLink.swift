// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// A link that may be put into a message: http or https, and no byte that could end it early.
package struct WebLink: Sendable, Hashable {
    /// Longer links are refused: not every receiver takes them.
    package static let maximumBytes = 2_000

    /// The link, of ASCII characters that RFC 3986 knows.
    package let text: String

    /// Takes a link; what is no character of a link is percent-encoded.
    ///
    /// - Returns: nil for another scheme, for no host, for white space and control characters, and
    ///   for more than `maximumBytes`.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.maximumBytes,
            let scheme = ["http://", "https://"].first(where: { text.lowercased().hasPrefix($0) }),
            text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F }),
            let first = text.utf8.dropFirst(scheme.utf8.count).first,
            !Array("/?#".utf8).contains(first)
        else { return nil }
        let kept = Self.unreserved.union(":/?#[]@!$&'()*+,;=%".utf8)
        self.text = Self.encoded(text, keeping: kept)
        guard self.text.utf8.count <= Self.maximumBytes else { return nil }
    }

    /// A text as a part of a query (RFC 3986, 2.3).
    static func encoded(_ text: String) -> String { encoded(text, keeping: unreserved) }

    private static let unreserved = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8
    )

    private static func encoded(_ text: String, keeping kept: Set<UInt8>) -> String {
        var encoded = ""
        for byte in text.utf8 {
            if kept.contains(byte) {
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += byte < 16 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return encoded
    }
}
