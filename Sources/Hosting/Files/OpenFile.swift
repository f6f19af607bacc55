// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A file descriptor, closed with the value.
package struct OpenFile: ~Copyable {
    private let descriptor: Int32
    private let isOwned: Bool

    /// Standard input, which is left open.
    package static var standardInput: OpenFile {
        OpenFile(descriptor: STDIN_FILENO, isOwned: false)
    }

    private init(descriptor: Int32, isOwned: Bool) {
        self.descriptor = descriptor
        self.isOwned = isOwned
    }

    /// Opens a file for reading.
    package init(reading path: String) throws(SystemError) {
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        isOwned = true
        guard descriptor >= 0 else { throw SystemError(code: errno) }
    }

    /// Creates a file for writing; fails when there is one.
    package init(creating path: String, mode: UInt32 = 0o644) throws(SystemError) {
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        isOwned = true
        guard descriptor >= 0 else { throw SystemError(code: errno) }
    }

    /// Connects to a Unix stream socket whose `send` waits no longer than the time-out for room.
    package init(
        connectedTo path: String,
        sendTimeoutMilliseconds milliseconds: Int
    ) throws(SystemError) {
        descriptor = socket(
            AF_UNIX,
            Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue),
            0
        )
        isOwned = true
        guard descriptor >= 0 else { throw SystemError(code: errno) }
        // Before connecting: a full backlog makes connect(2) wait no longer either.
        var timeout = timeval(tv_sec: milliseconds / 1_000, tv_usec: milliseconds % 1_000 * 1_000)
        let size = socklen_t(MemoryLayout<timeval>.size)
        // setsockopt(2) reads `size` bytes, which is the whole of `timeout`.
        guard unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, size) == 0 else {
            throw SystemError(code: errno)
        }
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
        if isOwned, descriptor >= 0 { close(descriptor) }
    }

    /// The size in bytes; `nil` for what is no regular file.
    package var size: Int? {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return nil
        }
        return Int(status.st_size)
    }

    /// The next bytes, at most `count` > 0 of them; empty at the end.
    package func read(upTo count: Int) throws(SystemError) -> [UInt8] {
        while true {
            var failure: Int32 = 0
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                // read(2) writes at most `count` bytes, which is what the buffer holds.
                let result = unsafe Glibc.read(descriptor, buffer.baseAddress, count)
                failure = result < 0 ? errno : 0
                filled = max(result, 0)
            }
            if failure == 0 { return bytes }
            if failure != EINTR { throw SystemError(code: failure) }
        }
    }

    /// All bytes up to the end; of a file over the limit no more than shows that it is.
    ///
    /// - Parameter limit: How many bytes are expected at most.
    /// - Returns: The bytes; more than `limit` when the file, or what the pipe brings, is longer.
    /// - Throws: `SystemError`.
    package func readAll(limit: Int) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(size ?? 0, limit) + 1)
        while bytes.count <= limit {
            let chunk = try read(upTo: Self.chunkBytes)
            if chunk.isEmpty { break }
            bytes += chunk
        }
        return bytes
    }

    /// What `readAll` asks for at a time.
    private static let chunkBytes = 262_144

    /// Writes all bytes and waits until they are on the disk.
    package func writeAll(_ bytes: [UInt8]) throws(SystemError) {
        try write(bytes)
        guard fsync(descriptor) == 0 else { throw SystemError(code: errno) }
    }

    /// Writes all bytes, which the kernel brings to the disk when it likes.
    package func write(_ bytes: [UInt8]) throws(SystemError) {
        var start = 0
        while start < bytes.count {
            let written = unsafe bytes.withUnsafeBytes { buffer in
                // The rest of `bytes`, which stays alive for the length of the call.
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer.dropFirst(start))
                return unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            }
            if written < 0, errno != EINTR { throw SystemError(code: errno) }
            start += max(written, 0)
        }
    }

    /// Writes to a socket without raising SIGPIPE.
    ///
    /// - Returns: How many of the bytes from `start` on were taken; 0 when a signal or the time-out
    ///   came first.
    package func send(_ bytes: [UInt8], from start: Int) throws(SystemError) -> Int {
        let sent = unsafe bytes.withUnsafeBytes { buffer in
            // The rest of `bytes`, which stays alive for the length of the call.
            let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer.dropFirst(start))
            let flags = Int32(MSG_NOSIGNAL)
            return unsafe Glibc.send(descriptor, rest.baseAddress, rest.count, flags)
        }
        if sent >= 0 { return sent }
        if errno == EINTR || errno == EAGAIN { return 0 }
        throw SystemError(code: errno)
    }
}
