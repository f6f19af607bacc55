// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// A producer's end of a Unix stream socket, blocking and plain.
package final class UnixClient {
    private let descriptor: Int32

    /// Connects; throws the error number.
    package init(_ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { storage in
            unsafe storage.copyBytes(from: path.utf8.prefix(storage.count - 1))
        }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe connect(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    }

    deinit {
        close(descriptor)
    }

    /// Writes all of `bytes`; throws when the peer closed the connection.
    package func send(_ bytes: some Collection<UInt8>) throws {
        var rest = ContiguousArray(bytes)[...]
        while !rest.isEmpty {
            let sent = unsafe rest.withUnsafeBytes { bytes in
                unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { throw POSIXError(.init(rawValue: errno) ?? .EPIPE) }
            rest = rest.dropFirst(sent)
        }
    }

    package func send(_ text: String) throws {
        try send(text.utf8)
    }

    /// Reads until a newline or the end of the stream.
    package func receiveLine() -> String {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while unsafe read(descriptor, &byte, 1) == 1, byte != UInt8(ascii: "\n") {
            line.append(byte)
        }
        return String(decoding: line, as: UTF8.self)
    }

    /// Reads until the end of the stream.
    package func receiveToEnd() -> [UInt8] {
        var all: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = unsafe read(descriptor, &piece, piece.count)
            guard count > 0 else { return all }
            all += piece.prefix(count)
        }
    }

    /// Whether the peer has closed the connection; waits until it says or does something.
    package func isClosedByPeer() -> Bool {
        var byte: UInt8 = 0
        return unsafe read(descriptor, &byte, 1) <= 0
    }
}
