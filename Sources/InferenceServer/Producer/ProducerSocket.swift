// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Hosting

/// A connection to the sidecar's socket that never blocks; closed with the value.
struct ProducerSocket: ~Copyable {
    /// What became of bytes.
    enum Outcome: Equatable {
        case sent(Int)
        /// There is no room.
        case full
        case broken(SystemError)
    }

    /// The file descriptor, for waiting.
    let descriptor: Int32

    /// Connects, or fails at once.
    ///
    /// - Throws: `SystemError`: `ENOENT` without a socket, `ECONNREFUSED` when nobody listens,
    ///   `EAGAIN` when whoever listens takes no more connections.
    init(path: String) throws(SystemError) {
        let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        descriptor = socket(AF_UNIX, Int32(kind), 0)
        guard descriptor >= 0 else { throw SystemError(code: errno) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < capacity else { throw SystemError(code: ENAMETOOLONG) }
        // `sun_path` is plain memory of `capacity` bytes, and the path with its NUL fits.
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { storage in
            unsafe storage.copyBytes(from: path.utf8)
        }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        // connect(2) reads `length` bytes, which is the whole of `address`.
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe connect(descriptor, pointer, length)
            }
        }
        guard result == 0 else { throw SystemError(code: errno) }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Sends what the socket has room for.
    func send(_ bytes: ArraySlice<UInt8>) -> Outcome {
        // The bytes stay alive for the length of the call.
        let sent = unsafe bytes.withUnsafeBytes { bytes in
            unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        }
        if sent >= 0 { return .sent(sent) }
        return switch errno {
        case EAGAIN, EINTR: .full
        default: .broken(SystemError(code: errno))
        }
    }

    /// Takes what the other end says.
    ///
    /// - Returns: The bytes, none when there are none now; nil at the end of the connection.
    func receive() -> [UInt8]? {
        var count = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 1_024) { buffer, filled in
            // recv(2) writes at most the bytes that the buffer holds.
            count = unsafe recv(descriptor, buffer.baseAddress, buffer.count, 0)
            filled = max(count, 0)
        }
        if count > 0 { return bytes }
        return count < 0 && (errno == EAGAIN || errno == EINTR) ? [] : nil
    }
}
