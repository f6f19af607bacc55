// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A server that reads requests with NIO's parser and answers with whatever bytes a test wants.
struct ScriptedServer: Sendable {
    /// A request as the server saw it.
    struct Seen: Sendable {
        var head: HTTPRequestHead
        var body: [UInt8] = []
    }

    /// What the server does about a request.
    enum Reaction: Sendable {
        /// Sends these bytes, each piece in a write of its own.
        case send([String])
        /// Sends these bytes and ends the connection.
        case sendAndClose(String)
        /// Says nothing.
        case nothing
    }

    let location: ServerLocation
    private let channel: any Channel
    private let accepted: Counter

    /// Runs a server on a free port, or on a Unix socket, for as long as `body` takes.
    static func run(
        socket path: String? = nil,
        reaction: @escaping @Sendable (Seen) -> Reaction,
        _ body: (ScriptedServer) async throws -> Void
    ) async throws {
        let accepted = Counter()
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                accepted.value.withLock { $0 += 1 }
                return channel.eventLoop.makeCompletedFuture {
                    let decoder = ByteToMessageHandler(HTTPRequestDecoder())
                    try channel.pipeline.syncOperations.addHandlers(decoder, Handler(reaction))
                }
            }
        let channel: any Channel
        let location: ServerLocation
        if let path {
            channel = try await bootstrap.bind(unixDomainSocketPath: path).get()
            location = .socket(path: path)
        } else {
            channel = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
            let port = channel.localAddress?.port ?? 0
            location = .address(ListenAddress(host: "127.0.0.1", port: port))
        }
        let server = ScriptedServer(location: location, channel: channel, accepted: accepted)
        do { try await body(server) } catch {
            try await channel.close()
            throw error
        }
        try await channel.close()
    }

    /// Connections taken so far.
    var connections: Int { accepted.value.withLock { $0 } }

    private final class Counter: Sendable {
        let value = Mutex(0)
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = ByteBuffer

        private let reaction: @Sendable (Seen) -> Reaction
        private var seen: Seen?

        init(_ reaction: @escaping @Sendable (Seen) -> Reaction) {
            self.reaction = reaction
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): seen = Seen(head: head)
            case .body(let piece): seen?.body += Array(piece.readableBytesView)
            case .end:
                guard let seen else { return }
                react(reaction(seen), context)
            }
        }

        private func react(_ reaction: Reaction, _ context: ChannelHandlerContext) {
            switch reaction {
            case .send(let pieces):
                for piece in pieces {
                    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: piece)), promise: nil)
                }
            case .sendAndClose(let text):
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
                context.close(promise: nil)
            case .nothing:
                break
            }
        }
    }
}
