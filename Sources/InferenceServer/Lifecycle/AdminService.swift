// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Hosting
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// The socket in the state directory, over which this user and root may change state.
struct AdminService: Service {
    let http: ServerHTTP
    let file: SocketFile
    let logger: Logger

    init(_ http: ServerHTTP, path: String, logger: Logger) {
        self.http = http
        file = SocketFile(path: path, mode: 0o600)
        self.logger = logger
    }

    func run() async throws {
        try file.refuseLivePeer()
        file.removeTemporary()
        // Without effect once the socket has its place.
        defer { file.removeTemporary() }
        let (file, logger, place) = (file, logger, Place())
        // The kernel says who connects, so that nobody else gets in before the mode is set either.
        let application = http.application(
            at: .unixDomainSocket(path: file.temporaryPath),
            isAdministrator: true,
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
            try await application.run()
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
