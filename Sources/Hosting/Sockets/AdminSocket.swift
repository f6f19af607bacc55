// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc
package import Logging
package import NIOCore
import Synchronization

/// The socket in a state directory, over which this user and root may change state.
package struct AdminSocket: Sendable {
    /// The longest state directory whose socket has a path that fits, in bytes.
    package static let maximumStateBytes =
        SocketFile.maximumPathBytes - path(inState: "").utf8.count

    private let file: SocketFile
    private let logger: Logger

    /// Names the socket of a state directory; nothing is touched yet.
    package init(stateDirectory: String, logger: Logger) {
        file = SocketFile(path: Self.path(inState: stateDirectory), mode: 0o600)
        self.logger = logger
    }

    /// Where a program with this state directory takes commands.
    package static func path(inState directory: String) -> String {
        directory + "/admin.sock"
    }

    /// How to listen for the socket.
    package struct Listener: Sendable {
        /// The path to bind.
        package let path: String
        /// Who may connect; the kernel says who does, so that nobody else gets in before the mode
        /// is set either.
        package let allowedUsers: Set<UInt32>
        /// To be called with the listening channel once it takes connections.
        package let onServerRunning: @Sendable (any Channel) async -> Void
    }

    /// Serves until `listen` returns, which listens as it is told.
    ///
    /// - Throws: `SocketFileError`, or what `listen` throws.
    package func serve(_ listen: (Listener) async throws -> Void) async throws {
        try file.refuseLivePeer()
        file.removeTemporary()
        // Without effect once the socket has its place.
        defer { file.removeTemporary() }
        let (file, logger, place) = (file, logger, Place())
        let listener = Listener(
            path: file.temporaryPath,
            allowedUsers: [0, geteuid()]
        ) { channel in
            place.take(file)
            guard case .success = place.outcome else {
                return channel.close(promise: nil)
            }
            logger.info("taking commands", metadata: ["socket": "\(file.path)"])
        }
        defer { if case .success(let identity) = place.outcome { file.remove(identity) } }
        do {
            try await listen(listener)
        } catch let error as IOError {
            throw SocketFileError.unusable(path: file.path, SystemError(code: error.errnoCode))
        }
        if case .failure(let error) = place.outcome { throw error }
    }

    /// What became of the socket's path.
    private final class Place: Sendable {
        private let state = Mutex<Result<SocketFile.Identity, SocketFileError>?>(nil)

        var outcome: Result<SocketFile.Identity, SocketFileError>? { state.withLock { $0 } }

        func take(_ file: SocketFile) {
            let result: Result<SocketFile.Identity, SocketFileError>
            do throws(SocketFileError) {
                result = .success(try file.takePath())
            } catch {
                result = .failure(error)
            }
            state.withLock { $0 = result }
        }
    }
}
