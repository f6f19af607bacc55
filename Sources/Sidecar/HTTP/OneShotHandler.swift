// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// Has connections of HTTP/1.0 end behind their answer, unless the client asks for more.
///
/// What comes later in the pipeline knows no versions, and keeps every connection: a client that
/// reads to the end would wait for it (RFC 9112, 9.3).
final class OneShotHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    /// Puts a handler right behind the parser of a connection.
    static func add(to channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        let parser = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
        try pipeline.addHandler(OneShotHandler(), position: .after(parser))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data), !head.isKeepAlive else {
            return context.fireChannelRead(data)
        }
        head.headers.replaceOrAdd(name: "Connection", value: "close")
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }
}
