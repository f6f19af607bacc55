// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting
import HummingbirdCore
import Logging
package import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// One connection: a `FrontHandler` on bytes, NIO's parser, a `ConnectionHandler` right behind it, and
/// Hummingbird behind that.
///
/// Hummingbird's own channel makes its asynchronous end at once. A connection that is accepted in
/// the moment when the listener closes is never handled, and such an end must not be dropped
/// unused; so it is made when the connection is handled, and the handler keeps what comes before.
struct ServingChannel: ServerChildChannel, HTTPChannelHandler {
    /// A connection that nobody handles yet.
    struct Connection: ServerChildChannelValue {
        let channel: any Channel
    }

    let responder: HTTPChannelHandler.Responder
    private let makeHandler: @Sendable () -> ConnectionHandler
    private let allowedUsers: Set<UInt32>?

    /// Makes channels that answer by a responder.
    ///
    /// Who may connect over a Unix socket are the allowed users; nil lets in whom its mode does.
    /// The handlers made have nobody attached.
    init(
        responder: @escaping HTTPChannelHandler.Responder,
        allowedUsers: Set<UInt32>? = nil,
        makeHandler: @escaping @Sendable () -> ConnectionHandler
    ) {
        self.responder = responder
        self.makeHandler = makeHandler
        self.allowedUsers = allowedUsers
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Connection> {
        PeerCredentials.admit(channel, allowedUsers).flatMapThrowing {
            let pipeline = channel.pipeline.syncOperations
            try makeHandler().add(to: pipeline)
            try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
            return Connection(channel: channel)
        }
    }

    func handle(value: Connection, logger: Logger) async {
        let channel = value.channel
        let attached = try? await channel.eventLoop.submit { try attach(channel) }.get()
        guard let attached else { return channel.close(promise: nil) }
        await handleHTTP(asyncChannel: attached, logger: logger)
    }

    /// Puts Hummingbird's end behind the handler; nil when the client has gone already.
    private func attach(
        _ channel: any Channel
    ) throws -> NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>? {
        guard channel.isActive else { return nil }
        let pipeline = channel.pipeline.syncOperations
        let handler = try pipeline.handler(type: ConnectionHandler.self)
        let context = try pipeline.context(handler: handler)
        let end = try NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>(
            wrappingChannelSynchronously: channel,
            configuration: NIOAsyncChannel.Configuration(isOutboundHalfClosureEnabled: true)
        )
        handler.attach(context)
        return end
    }
}

extension ConnectionHandler {
    /// Puts the handler into the pipeline of a new connection, with the parser in front of it.
    ///
    /// - Parameters:
    ///   - pipeline: A pipeline on its event loop.
    ///   - readsBytes: Whether a `FrontHandler` stands in front of the parser.
    /// - Throws: When the channel has gone.
    package func add(
        to pipeline: ChannelPipeline.SynchronousOperations,
        readsBytes: Bool = true
    ) throws {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = settings.headerBytes
        limits.maxHeaderListSize = settings.headerBytes
        limits.maxHeaderFieldCount = settings.headerFields
        if readsBytes { try pipeline.addHandler(FrontHandler(of: self, settings: settings)) }
        try pipeline.configureHTTPServerPipeline(
            withPipeliningAssistance: false,
            withErrorHandling: false,
            withOutboundHeaderValidation: false,
            withEncoderConfiguration: HTTPResponseEncoder.Configuration(),
            withDecoderLimitConfiguration: limits
        )
        try pipeline.addHandler(self)
    }
}
