// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The file of the Unix socket: who may own the path, and how a new socket takes it.
///
/// A live peer is refused, the leftover of a killed process replaced, anything that is no socket
/// refused. The new socket is bound under a temporary name and renamed into place once its mode
/// and group are set, so that no producer meets it half made.
package struct SocketFile: Sendable, Equatable {
    /// The longest path that fits `sockaddr_un` beside the `.<pid>` of the temporary name.
    package static let maximumPathBytes = 107 - 8

    /// Where producers find the socket.
    package let path: String
    /// The permission bits of the file.
    package let mode: UInt32
    /// The group of the file, by name or number; nil leaves the process's own.
    package let group: String?

    /// Names a file; nothing is touched yet.
    package init(path: String, mode: UInt32, group: String? = nil) {
        self.path = path
        self.mode = mode
        self.group = group
    }

    /// The name to bind before `takePath()`.
    package var temporaryPath: String { "\(path).\(getpid())" }

    /// Makes sure that the path is free or holds a dead socket.
    ///
    /// - Throws: `SocketFileError.live` when somebody listens there, `.notASocket` for any other
    ///   kind of file, `.unusable` when the path cannot be looked at.
    package func refuseLivePeer() throws(SocketFileError) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw .unusable(path: path, SystemError(code: errno))
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: path) }
        switch connectionError() {
        case nil, SystemError(code: EAGAIN): throw .live(path: path)
        case SystemError(code: ECONNREFUSED), SystemError(code: ENOENT): return
        case let error?: throw .unusable(path: path, error)
        }
    }

    /// Sets mode and group of the bound temporary socket and renames it into place.
    ///
    /// - Returns: The identity of the socket file, for `remove(_:)`.
    package func takePath() throws(SocketFileError) -> Identity {
        guard unsafe chmod(temporaryPath, mode) == 0 else {
            throw .unusable(path: temporaryPath, SystemError(code: errno))
        }
        if let group { try changeGroup(to: group) }
        let identity = Identity(of: temporaryPath)
        guard let identity, unsafe rename(temporaryPath, path) == 0 else {
            let error = SystemError(code: errno)
            _ = unsafe unlink(temporaryPath)
            throw .unusable(path: path, error)
        }
        return identity
    }

    /// Removes a socket under the temporary name: what an attempt left that failed or was killed.
    package func removeTemporary() {
        var status = stat()
        guard unsafe lstat(temporaryPath, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK
        else { return }
        _ = unsafe unlink(temporaryPath)
    }

    /// Removes the file if it is still the socket that this process put there.
    package func remove(_ identity: Identity) {
        if Identity(of: path) == identity { _ = unsafe unlink(path) }
    }

    /// Which file stands under a name: another one with the same name has another identity.
    package struct Identity: Sendable, Equatable {
        private let device: UInt64
        private let inode: UInt64

        init?(of path: String) {
            var status = stat()
            guard unsafe lstat(path, &status) == 0 else { return nil }
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
        }
    }

    private func changeGroup(to name: String) throws(SocketFileError) {
        let identifier: gid_t
        if let number = gid_t(name) {
            identifier = number
        } else if let entry = unsafe getgrnam(name) {
            identifier = unsafe entry.pointee.gr_gid
        } else {
            throw .unknownGroup(name)
        }
        // -1 leaves the owner as it is.
        guard unsafe chown(temporaryPath, uid_t.max, identifier) == 0 else {
            throw .group(name, SystemError(code: errno))
        }
    }

    /// The error of a connection attempt; nil when somebody answers.
    private func connectionError() -> SystemError? {
        do throws(SystemError) {
            _ = try OpenFile(connectedTo: path, sendTimeoutMilliseconds: 500)
            return nil
        } catch {
            return error
        }
    }
}

/// Why the socket's path cannot be taken.
package enum SocketFileError: Error, Equatable, CustomStringConvertible {
    case live(path: String)
    case notASocket(path: String)
    case unusable(path: String, SystemError)
    case unknownGroup(String)
    case group(String, SystemError)

    package var description: String {
        switch self {
        case .live(let path):
            "socket.path: another process is listening on \(path)"
        case .notASocket(let path):
            "socket.path: \(path) exists and is not a socket; it is left alone"
        case .unusable(let path, let error):
            "socket.path: cannot use \(path): \(error)"
        case .unknownGroup(let name):
            "socket.group: there is no group \(name)"
        case .group(let name, let error):
            "socket.group: cannot give the socket to group \(name): \(error)"
        }
    }
}
