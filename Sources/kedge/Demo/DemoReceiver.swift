// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hosting
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A receiver of Slack messages on loopback, which hands their texts on.
final class DemoReceiver: Sendable {
    private let received: @Sendable (String) -> Void
    private let messages = Atomic<Int>(0)

    /// - Parameter received: Takes the text of each message.
    init(_ received: @escaping @Sendable (String) -> Void) {
        self.received = received
    }

    /// How many messages came.
    var count: Int { messages.load(ordering: .relaxed) }

    /// Listens on a free port of loopback, as long as the process lives.
    func bind() async throws -> ListenAddress {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline()
                    try pipeline.addHandler(Handler(self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return ListenAddress(host: "127.0.0.1", port: channel.localAddress?.port ?? 0)
    }

    private func take(_ body: [UInt8]) {
        messages.add(1, ordering: .relaxed)
        let text = try? JSONDecoder().decode(SlackMessage.self, from: Data(body)).text
        received(text ?? "no message of Slack's: \(body.count) bytes")
    }

    /// One connection: every request is a message.
    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let receiver: DemoReceiver
        private var body: [UInt8] = []

        init(_ receiver: DemoReceiver) {
            self.receiver = receiver
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head: body = []
            case .body(let piece): body += piece.readableBytesView
            case .end:
                receiver.take(body)
                let head = HTTPResponseHead(
                    version: .http1_1,
                    status: .ok,
                    headers: ["Content-Type": "text/plain", "Content-Length": "2"]
                )
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                let ok = ByteBuffer(string: "ok")
                context.write(wrapOutboundOut(.body(.byteBuffer(ok))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}

/// A message of Slack's, as far as its words go.
private struct SlackMessage: Decodable {
    private struct Block: Decodable {
        let text: Text?
        let elements: [Text]?
    }

    private struct Text: Decodable {
        let text: String
    }

    private let blocks: [Block]

    /// What a reader sees: links by their words, and nothing of the markup.
    var text: String {
        let texts = blocks.map { block in
            block.text?.text ?? (block.elements ?? []).map(\.text).joined(separator: " · ")
        }
        return texts.joined(separator: "\n\n")
            .replacing(/<[^|>]*\|([^>]*)>/) { $0.output.1 }
            .replacing("```", with: "\n").replacing("`", with: "")
            .replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&amp;", with: "&")
    }
}
