// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// A connected, blocking stream socket.
final class StreamSocket {
    private let descriptor: Int32

    /// Connects to a Unix socket.
    init(path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { storage in
            unsafe storage.copyBytes(from: path.utf8.prefix(storage.count - 1))
        }
        try connect(&address)
    }

    /// Connects to a port on loopback.
    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        try connect(&address)
    }

    deinit {
        close(descriptor)
    }

    /// Writes everything, 64 KiB at a time.
    func send(_ bytes: ArraySlice<UInt8>) throws {
        var rest = bytes
        while !rest.isEmpty {
            let sent = unsafe rest.prefix(65_536).withUnsafeBytes { piece in
                unsafe write(descriptor, piece.baseAddress, piece.count)
            }
            guard sent > 0 else { throw POSIXError(.init(rawValue: errno) ?? .EPIPE) }
            rest = rest.dropFirst(sent)
        }
    }

    /// Reads to the end of the stream.
    func receive() -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe piece.withUnsafeMutableBytes { piece in
                unsafe read(descriptor, piece.baseAddress, piece.count)
            }
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: piece[..<count])
        }
    }

    private func connect<Address>(_ address: inout Address) throws {
        let size = socklen_t(MemoryLayout<Address>.size)
        // Both callers pass a socket address of `size` bytes.
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe Glibc.connect(descriptor, pointer, size)
            }
        }
        guard result == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    }
}

/// The floor under every reader of a socket: the same bytes through a socket pair, read in 64 KiB
/// pieces, newlines counted with `memchr`, nothing else.
///
/// - Returns: CPU seconds of the reading thread.
func floorSeconds(for payload: [UInt8], repetitions: Int) -> Double {
    var pair: [Int32] = [0, 0]
    _ = unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair)
    let (reading, writing) = (pair[0], pair[1])
    let writer = Thread {
        for _ in 0..<repetitions {
            var rest = payload[...]
            while !rest.isEmpty {
                let sent = unsafe rest.prefix(65_536).withUnsafeBytes { piece in
                    unsafe write(writing, piece.baseAddress, piece.count)
                }
                guard sent > 0 else { return }
                rest = rest.dropFirst(sent)
            }
        }
        close(writing)
    }
    writer.start()
    var start = timespec()
    _ = unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start)
    var lines = 0
    var piece = [UInt8](repeating: 0, count: 65_536)
    unsafe piece.withUnsafeMutableBytes { piece in
        guard let base = piece.baseAddress else { return }
        while true {
            let count = unsafe read(reading, base, piece.count)
            guard count > 0 else { break }
            var offset = 0
            while let newline = unsafe memchr(base + offset, 0x0A, count - offset) {
                lines += 1
                offset = unsafe UnsafeRawPointer(newline) - UnsafeRawPointer(base) + 1
            }
        }
    }
    var end = timespec()
    _ = unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end)
    close(reading)
    precondition(lines > 0, "the floor read nothing")
    return Double(end.tv_sec - start.tv_sec) + Double(end.tv_nsec - start.tv_nsec) / 1e9
}
