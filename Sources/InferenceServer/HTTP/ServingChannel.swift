// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// Hummingbird's channel with a `ConnectionHandler` right behind the parser.
struct ServingChannel: ServerChildChannel {
    private let base: HTTP1Channel
    private let makeHandler: @Sendable () -> ConnectionHandler
    private let allowedUsers: Set<UInt32>?

    /// Who may connect over a Unix socket are the allowed users; nil lets in whom its mode does.
    init(
        responder: @escaping HTTPChannelHandler.Responder,
        settings: ConnectionSettings,
        allowedUsers: Set<UInt32>? = nil,
        makeHandler: @escaping @Sendable () -> ConnectionHandler
    ) {
        base = HTTP1Channel(
            responder: responder,
            configuration: HTTP1Channel.Configuration(
                // The handler sees all requests, Hummingbird would close busy connections.
                idleTimeout: nil,
                httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                    maxHeaderFieldSize: settings.headerBytes,
                    maxHeaderListSize: settings.headerBytes,
                    maxHeaderFieldCount: settings.headerFields
                )
            )
        )
        self.makeHandler = makeHandler
        self.allowedUsers = allowedUsers
    }

    func setup(
        channel: any Channel,
        logger: Logger
    ) -> EventLoopFuture<HTTP1Channel.Value> {
        base.setup(channel: channel, logger: logger).flatMap { value in
            admit(channel).flatMapThrowing {
                let pipeline = channel.pipeline.syncOperations
                let parser = try pipeline.handler(
                    type: ByteToMessageHandler<HTTPRequestDecoder>.self
                )
                try pipeline.addHandler(makeHandler(), position: .after(parser))
                return value
            }
        }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }

    private func admit(_ channel: any Channel) -> EventLoopFuture<Void> {
        guard let allowedUsers else { return channel.eventLoop.makeSucceededVoidFuture() }
        guard let provider = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(ForeignUser())
        }
        // SO_PEERCRED fills a `struct ucred`, whose layout `PeerCredentials` has.
        let peer: EventLoopFuture<PeerCredentials> = provider.unsafeGetSocketOption(
            level: .socket,
            name: PeerCredentials.optionName
        )
        return peer.flatMapThrowing { peer in
            guard allowedUsers.contains(peer.user) else { throw ForeignUser() }
        }
    }
}

/// Somebody connected whom the file's mode should have kept out.
private struct ForeignUser: Error {}
