// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The address of a receiver, which may be a secret: nothing prints more of it than its host.
package struct WebAddress: Sendable, Equatable, CustomStringConvertible {
    /// What is taken, for messages.
    static let expected = "https://host/path, or http:// to loopback or with allow_http"

    /// The whole URL.
    let text: String
    /// The name or address of the host, without brackets.
    let host: String

    /// Takes a URL apart.
    ///
    /// - Parameters:
    ///   - text: The URL.
    ///   - allowsHTTP: Whether plain HTTP is taken for hosts beyond loopback.
    /// - Throws: `WebAddressError`, which does not repeat the URL.
    package init(_ text: String, allowsHTTP: Bool) throws(WebAddressError) {
        let isLegible = text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        guard isLegible, text.utf8.count <= 4_096, let parts = URLComponents(string: text),
            let scheme = parts.scheme?.lowercased(), var host = parts.host, !host.isEmpty
        else { throw .malformed }
        guard ["http", "https"].contains(scheme) else { throw .scheme }
        guard parts.user == nil, parts.password == nil else { throw .credentials }
        guard parts.fragment == nil else { throw .malformed }
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        let isEncrypted = scheme == "https"
        if let port = parts.port, !(1...65_535).contains(port) { throw .malformed }
        guard isEncrypted || allowsHTTP || Self.isLoopback(host) else { throw .unencrypted }
        self.text = text
        self.host = host
    }

    /// Scheme, host and port; what follows is left out.
    package var description: String { Self.redacted(text) }

    /// A URL without its path and query, which is where services put their keys.
    package static func redacted(_ text: String) -> String {
        guard let parts = URLComponents(string: text), let scheme = parts.scheme,
            let host = parts.host
        else { return "…" }
        let port = parts.port.map { ":\($0)" } ?? ""
        let hasMore = parts.path.count > 1 || parts.query != nil
        return "\(scheme)://\(host)\(port)" + (hasMore ? "/…" : "")
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host.lowercased() == "localhost" { return true }
        return NetworkAddress(host)?.isLoopback ?? false
    }
}

/// What is wrong with a URL; never the URL itself.
package enum WebAddressError: Error, Sendable, Equatable, CustomStringConvertible {
    /// It cannot be taken apart.
    case malformed
    /// Its scheme is another one.
    case scheme
    /// It holds a user or a password.
    case credentials
    /// It is plain HTTP to somewhere else.
    case unencrypted

    /// Goes behind "a URL that".
    package var description: String {
        switch self {
        case .malformed: "is malformed"
        case .scheme: "is neither https nor http"
        case .credentials: "holds a user or password"
        case .unencrypted: "is plain http beyond loopback"
        }
    }
}
