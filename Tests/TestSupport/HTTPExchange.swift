// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// One request and its answer, on a connection of its own that ends with it.
///
/// Plain and blocking, so that a test never waits for a client: URLSession on Linux was seen to leave
/// an answer unread under load, and to wait on for ever.
package struct HTTPExchange {
    /// The status code.
    package let status: Int
    /// The header fields by their names in lower case.
    package let fields: [String: String]
    /// The whole body.
    package let body: String

    /// How long the server may be silent.
    private static let patience = timeval(tv_sec: 60, tv_usec: 0)

    /// Asks a server on loopback.
    ///
    /// - Throws: `POSIXError` when the connection is refused or ends badly, `NeverHappened` for what is
    ///   no answer.
    package init(
        _ method: String,
        _ path: String,
        headers: [String: String] = [:],
        port: Int
    ) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        try Self.connect(descriptor, port: port)
        var request = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n"
        for (name, value) in headers { request += "\(name): \(value)\r\n" }
        try Self.send(request + "Connection: close\r\n\r\n", to: descriptor)
        try self.init(answer: try Self.receive(from: descriptor))
    }

    private init(answer: [UInt8]) throws {
        guard let end = answer.firstRange(of: Array("\r\n\r\n".utf8)) else {
            throw NeverHappened(
                description: "no answer: \(String(decoding: answer, as: UTF8.self))"
            )
        }
        let lines = String(decoding: answer[..<end.lowerBound], as: UTF8.self)
            .components(separatedBy: "\r\n")
        status = lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields[line[..<colon].lowercased()] = line[line.index(after: colon)...]
                .trimmingCharacters(in: .whitespaces)
        }
        self.fields = fields
        let rest = answer[end.upperBound...]
        let isChunked = fields["transfer-encoding"] == "chunked"
        body = String(decoding: isChunked ? try Self.unchunked(rest) : Array(rest), as: UTF8.self)
    }

    private static func unchunked(_ bytes: ArraySlice<UInt8>) throws -> [UInt8] {
        var (rest, body) = (bytes, [UInt8]())
        while let end = rest.firstRange(of: Array("\r\n".utf8)) {
            let size = Int(String(decoding: rest[..<end.lowerBound], as: UTF8.self), radix: 16)
            guard let size, size + 2 <= rest.endIndex - end.upperBound else { break }
            if size == 0 { return body }
            body += rest[end.upperBound...].prefix(size)
            rest = rest[(end.upperBound + size + 2)...]
        }
        throw NeverHappened(description: "chunks without an end after \(body.count) bytes")
    }

    private static func connect(_ descriptor: Int32, port: Int) throws {
        var patience = patience
        unsafe setsockopt(
            descriptor,
            SOL_SOCKET,
            SO_RCVTIMEO,
            &patience,
            socklen_t(MemoryLayout<timeval>.size)
        )
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe Glibc.connect(
                    descriptor,
                    pointer,
                    socklen_t(MemoryLayout<sockaddr_in>.size)
                )
            }
        }
        guard result == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    }

    private static func send(_ text: String, to descriptor: Int32) throws {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let sent = unsafe rest.withUnsafeBytes { bytes in
                unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { throw POSIXError(.init(rawValue: errno) ?? .EPIPE) }
            rest = rest.dropFirst(sent)
        }
    }

    private static func receive(from descriptor: Int32) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe piece.withUnsafeMutableBytes { piece in
                unsafe recv(descriptor, piece.baseAddress, piece.count, 0)
            }
            guard count >= 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
            guard count > 0 else { return bytes }
            bytes += piece[..<count]
        }
    }
}
