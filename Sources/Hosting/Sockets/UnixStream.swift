// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The sending end of a Unix stream socket.
package struct UnixStream: ~Copyable {
    private let file: OpenFile

    /// Connects to the socket.
    ///
    /// - Throws: `UnixStreamError`: with `ENOENT` when there is no such file, `ECONNREFUSED` when
    ///   nobody listens there.
    package init(path: String) throws(UnixStreamError) {
        do {
            // A reader that has stopped reading must not make a Ctrl-C wait for it.
            file = try OpenFile(connectedTo: path, sendTimeoutMilliseconds: 200)
        } catch {
            throw UnixStreamError(path: path, reason: error)
        }
    }

    /// Sends what it can of the bytes from `start` on, waiting up to 0.2 s for room.
    ///
    /// - Returns: How many bytes were taken; 0 when there was no room in time.
    /// - Throws: `SystemError`: `EPIPE` or `ECONNRESET` when the other end is gone.
    package func send(_ bytes: [UInt8], from start: Int) throws(SystemError) -> Int {
        try file.send(bytes, from: start)
    }
}

/// Why a socket cannot be connected to.
package struct UnixStreamError: Error, Sendable, Equatable, CustomStringConvertible {
    package let path: String
    package let reason: SystemError

    package var description: String { "cannot connect to \(path): \(reason)" }
}
