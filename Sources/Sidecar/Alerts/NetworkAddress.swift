// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// An IPv4 or IPv6 address, as far as it matters who may be there.
package struct NetworkAddress: Equatable, CustomStringConvertible {
    /// Four bytes, or sixteen.
    package let bytes: [UInt8]
    /// As it is written.
    package let description: String

    /// Reads an address; nil for a name.
    package init?(_ text: String) {
        var four = in_addr()
        var six = in6_addr()
        // inet_pton(3) reads a NUL-terminated string and writes one address of its family.
        if unsafe inet_pton(AF_INET, text, &four) == 1 {
            self.init(bytes: unsafe withUnsafeBytes(of: &four) { unsafe Array($0) }, text)
        } else if unsafe inet_pton(AF_INET6, text, &six) == 1 {
            self.init(bytes: unsafe withUnsafeBytes(of: &six) { unsafe Array($0) }, text)
        } else {
            return nil
        }
    }

    private init(bytes: [UInt8], _ text: String) {
        // An IPv4 address may come as ::ffff:a.b.c.d, and means the same.
        let mapped: [UInt8] = Array(repeating: 0, count: 10) + [0xFF, 0xFF]
        let isMapped = bytes.count == 16 && Array(bytes.prefix(12)) == mapped
        self.bytes = isMapped ? Array(bytes.suffix(4)) : bytes
        description = text
    }

    /// Whether it is this machine.
    package var isLoopback: Bool {
        bytes.count == 4 ? bytes[0] == 127 : bytes == Array(repeating: 0, count: 15) + [1]
    }

    private static let metadata = "it serves a cloud's metadata or credentials"

    /// AWS (all of its services in an instance), Google and Oracle.
    private static let metadataPrefixes: [[UInt8]] = [
        [0xFD, 0x00, 0x0E, 0xC2],
        [0xFD, 0x20, 0x00, 0xCE] + Array(repeating: 0, count: 10) + [0x02, 0x54],
        [0xFD, 0x00, 0x00, 0xC1] + Array(repeating: 0, count: 8) + [0xA9, 0xFE, 0xA9, 0xFE],
    ]

    /// Why nothing is ever sent there: no receiver of notifications is, but services that trust
    /// whoever can reach them are.
    package var refusal: String? {
        if bytes.count == 4 {
            return switch (bytes[0], bytes[1]) {
            case (0, _): "it is no address of a host"
            case (169, 254): "it is link-local, where clouds keep their metadata"
            case (100, 100) where bytes[2] == 100 && bytes[3] == 200: Self.metadata
            case (168, 63) where bytes[2] == 129 && bytes[3] == 16: Self.metadata
            case (224..., _): "it is a multicast or reserved address"
            default: nil
            }
        }
        if bytes == Array(repeating: 0, count: 16) { return "it is no address of a host" }
        if bytes[0] == 0xFE, bytes[1] & 0xC0 == 0x80 { return "it is link-local" }
        if bytes[0] == 0xFF { return "it is a multicast address" }
        if Self.metadataPrefixes.contains(where: bytes.starts(with:)) { return Self.metadata }
        // NAT64 (RFC 6052, and its local prefix, RFC 8215) and 6to4 (RFC 3056) carry an IPv4 address.
        let translated: [UInt8] = [0x00, 0x64, 0xFF, 0x9B] + Array(repeating: 0, count: 8)
        if bytes.starts(with: translated)
            || bytes.starts(with: [0x00, 0x64, 0xFF, 0x9B, 0x00, 0x01])
        {
            return NetworkAddress(bytes: Array(bytes.suffix(4)), description).refusal
        }
        if bytes[0] == 0x20, bytes[1] == 0x02 {
            return NetworkAddress(bytes: Array(bytes[2..<6]), description).refusal
        }
        return nil
    }

    /// The addresses of a name, as the system finds them; waits for the network.
    ///
    /// - Throws: `HostLookupError` when there are none.
    static func lookup(_ host: String) throws(HostLookupError) -> [NetworkAddress] {
        if let address = NetworkAddress(host) { return [address] }
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        // getaddrinfo(3) makes the list, which freeaddrinfo(3) takes back after the loop.
        let code = unsafe getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else {
            throw HostLookupError(reason: unsafe String(cString: gai_strerror(code)))
        }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [NetworkAddress] = []
        var next = unsafe list
        while let entry = unsafe next {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            // The entry is one of the list; the text is as long as the system asks for.
            let code = unsafe getnameinfo(
                entry.pointee.ai_addr,
                entry.pointee.ai_addrlen,
                &text,
                socklen_t(text.count),
                nil,
                0,
                NI_NUMERICHOST
            )
            let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            if code == 0, let address = NetworkAddress(String(decoding: bytes, as: UTF8.self)),
                !addresses.contains(address)
            {
                addresses.append(address)
            }
            unsafe next = entry.pointee.ai_next
        }
        guard !addresses.isEmpty else { throw HostLookupError(reason: "it has no address") }
        return addresses
    }
}

/// A name without addresses.
struct HostLookupError: Error, Equatable {
    /// What the system says.
    let reason: String
}
