// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Where HTTP is served: `127.0.0.1:9095`, `[::1]:9095`, `localhost:9095`.
package struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
    /// A name or an address, without brackets.
    package var host: String
    /// 0 takes any free port.
    package var port: Int

    /// Names a host and a port.
    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads an address; nil when host or port is missing or out of its range.
    package init?(_ text: String) {
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")),
            let port = UInt16(text[text.utf8.index(after: colon)...]),
            text.utf8[text.utf8.index(after: colon)...].allSatisfy({ (48...57).contains($0) })
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]"), host.utf8.count > 2 {
            host = host.dropFirst().dropLast()
            guard host.utf8.contains(UInt8(ascii: ":")) else { return nil }
        } else if host.utf8.contains(UInt8(ascii: ":")) {
            return nil
        }
        guard (1...255).contains(host.utf8.count), host.utf8.allSatisfy(Self.isHostByte) else {
            return nil
        }
        self.init(host: String(host), port: Int(port))
    }

    /// Takes the address that a listener was given; nil for a Unix socket.
    package init?(_ address: SocketAddress) {
        guard let host = address.ipAddress, let port = address.port else { return nil }
        self.init(host: host, port: port)
    }

    /// The text that reads back as the address.
    package var description: String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Letters, digits and `.-_:%`, which is what names, IPv4, IPv6 and its zones are made of.
    private static func isHostByte(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (97...122).contains(byte | 0x20) || ".-_:%".utf8.contains(byte)
    }
}

extension SettingsFormat where Value == ListenAddress {
    /// Host and port.
    package static var address: SettingsFormat {
        scalar("host:port, with a port from 0 to 65535") { text in
            ListenAddress(text)
        } show: { address in
            .text(address.description)
        }
    }
}
