// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting
import Logging
import NIOCore
import NIOExtras
import NIOPosix
import ServiceLifecycle

/// The Unix socket that producers write to.
///
/// Every connection is read on one event loop by a `ConnectionHandler`, which hands whole buffers
/// to `Ingest` synchronously: what has not been counted yet is not read either, so backpressure is
/// the kernel's. On shutdown the path is given up first, then each connection is read until it
/// falls silent.
struct SocketService: Service {
    let file: SocketFile
    let limits: ConnectionLimits
    let ingest: Ingest
    let readiness: Readiness
    let group: any EventLoopGroup
    let logger: Logger

    func run() async throws {
        try file.refuseLivePeer()
        file.removeTemporary()
        // Without effect once the socket has its place.
        defer { file.removeTemporary() }
        let quiescing = ServerQuiescingHelper(group: group)
        let server: any Channel
        do {
            server = try await bind(collectingConnectionsIn: quiescing)
        } catch let error as IOError {
            throw SocketFileError.unusable(path: file.path, SystemError(code: error.errnoCode))
        }
        let identity: SocketFile.Identity
        do {
            identity = try file.takePath()
        } catch {
            try? await server.close()
            throw error
        }
        logger.info("listening for prediction logs", metadata: ["socket": "\(file.path)"])
        readiness.socketIsListening(true)
        ingest.socketIsServed(true)
        let closed = group.any().makePromise(of: Void.self)
        // Cancelled when another service has failed: then there is no graceful shutdown.
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await closed.futureResult.get()
        } onCancelOrGracefulShutdown: {
            readiness.socketIsListening(false)
            file.remove(identity)
            quiescing.initiateShutdown(promise: closed)
        }
        ingest.socketIsServed(false)
        logger.info("socket closed", metadata: ["socket": "\(file.path)"])
    }

    private func bind(
        collectingConnectionsIn quiescing: ServerQuiescingHelper
    ) async throws -> any Channel {
        let (ingest, limits, logger) = (ingest, limits, logger)
        return try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 512)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        quiescing.makeServerChannelHandler(channel: channel)
                    )
                }
            }
            .childChannelOption(
                .recvAllocator,
                value: FixedSizeRecvByteBufferAllocator(capacity: ConnectionLimits.readBytes)
            )
            // A producer that has said its last still gets its last acknowledgement.
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                Self.admit(channel, ingest: ingest, limits: limits, logger: logger)
            }
            .bind(unixDomainSocketPath: file.temporaryPath)
            .get()
    }

    /// Adds the handler to a new connection, or closes it when its user or their number is over
    /// the limit.
    private static func admit(
        _ channel: any Channel,
        ingest: Ingest,
        limits: ConnectionLimits,
        logger: Logger
    ) -> EventLoopFuture<Void> {
        PeerCredentials.peer(of: channel).flatMapThrowing { peer in
            if let allowed = limits.allowedUsers, !allowed.contains(peer.user) {
                throw ConnectionRefusal.user(peer.user)
            }
            let pipeline = channel.pipeline.syncOperations
            let handler = ConnectionHandler(ingest: ingest, limits: limits, logger: logger)
            try pipeline.addHandler(handler)
            guard try handler.open(pipeline.context(handler: handler), limit: limits.connections)
            else { throw ConnectionRefusal.tooMany(limit: limits.connections) }
            if let idle = limits.idle {
                let watch = IdleStateHandler(readTimeout: TimeAmount(idle))
                try pipeline.addHandler(watch, position: .first)
            }
        }.flatMapErrorThrowing { error in
            if let refusal = error as? ConnectionRefusal {
                ingest.connectionRefused(refusal)
            }
            throw error
        }
    }
}

/// What one connection, and all of them together, may use.
package struct ConnectionLimits: Sendable, Equatable {
    /// The size of one read: about 200 records.
    package static let readBytes = 65_536

    /// Connections at once; a further one is closed at once and counted.
    package var connections: Int
    /// A connection that sends nothing for so long is closed; nil keeps it for ever.
    package var idle: Duration?
    /// The longest line in bytes.
    package var lineBytes: Int
    /// The users who may connect; nil for everyone whom the file's mode lets in.
    package var allowedUsers: Set<UInt32>?

    /// Sets every limit.
    package init(connections: Int, idle: Duration?, lineBytes: Int, allowedUsers: Set<UInt32>?) {
        self.connections = connections
        self.idle = idle
        self.lineBytes = lineBytes
        self.allowedUsers = allowedUsers
    }
}

/// Why a connection was closed before it was read.
enum ConnectionRefusal: Error, CustomStringConvertible {
    case user(UInt32)
    case tooMany(limit: Int)

    var description: String {
        switch self {
        case .user(let user): "user \(user) is not in socket.allow_uids"
        case .tooMany(let limit): "more than \(limit) connections (socket.max_connections)"
        }
    }
}
