// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Stands in front of NIO's parser and answers plain requests from their bytes.
///
/// It only knows where requests begin and end. Everything about the connection is decided by the
/// `ConnectionHandler` behind the parser: whether a request may be answered here, time-outs, the
/// last answer, the end. A request that is not plain, or whose turn it is not yet to be answered, is
/// passed on byte for byte, and the next one is looked at again; at the first one whose end its head
/// does not tell beyond doubt, the connection is left to the parser for good.
final class FrontHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private enum Stage {
        /// The head of a request comes.
        case head
        /// The body comes of one that is to be answered, so many bytes.
        case body(Int)
        /// So much of it is still to be passed on.
        case passing(Int)
        /// The parser has the connection.
        case aside
    }

    private let connection: ConnectionHandler
    private let settings: ConnectionSettings
    private var stage = Stage.head
    private var reader = HeadReader()
    /// What has come of a request that is to be answered, or whose head is not complete.
    private var held = ByteBuffer()

    /// Stands in front of the handler that decides.
    init(of connection: ConnectionHandler, settings: ConnectionSettings) {
        self.connection = connection
        self.settings = settings
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .aside = stage { return context.fireChannelRead(data) }
        connection.bytesCame()
        var bytes = unwrapInboundIn(data)
        if held.readableBytes > 0 {
            var whole = ByteBuffer()
            swap(&whole, &held)
            whole.writeBuffer(&bytes)
            bytes = whole
        }
        // From here on the bytes are nobody else's: what is called may come back to this handler.
        while mayAdvance(bytes), !connection.isOver {
            guard advance(&bytes, context) else {
                held = bytes
                break
            }
        }
    }

    /// Whether there may be a next step: a body may have no bytes to wait for.
    private func mayAdvance(_ bytes: ByteBuffer) -> Bool {
        if case .body(0) = stage { true } else { bytes.readableBytes > 0 }
    }

    /// Does the next step for the request that the bytes begin with.
    ///
    /// - Returns: Whether there was one; if not, more bytes are needed.
    private func advance(_ bytes: inout ByteBuffer, _ context: ChannelHandlerContext) -> Bool {
        switch stage {
        case .head:
            switch reader.read(bytes.readableBytesUInt8Span, within: settings) {
            case .incomplete: return false
            case .odd: stage = .aside
            case .complete: begin(&bytes)
            }
        case .body(let count):
            guard bytes.readableBytes >= count else { return false }
            stage = .head
            connection.answerPlain(bytes.readableBytesUInt8Span.extracting(first: count))
            bytes.moveReaderIndex(forwardBy: count)
        case .passing(let count):
            guard let part = bytes.readSlice(length: min(count, bytes.readableBytes))
            else { return false }
            stage = .passing(count - part.readableBytes)
            context.fireChannelRead(wrapInboundOut(part))
            if count == part.readableBytes {
                // The parser has to agree that the request has ended.
                stage = connection.isBetweenRequests ? .head : .aside
            }
        case .aside:
            let rest = bytes
            bytes = ByteBuffer()
            context.fireChannelRead(wrapInboundOut(rest))
        }
        return true
    }

    /// Decides where a request goes whose head is complete.
    private func begin(_ bytes: inout ByteBuffer) {
        let reader = reader
        self.reader = HeadReader()
        guard let request = reader.request else { return stage = .aside }
        if connection.beginPlain(request) {
            bytes.moveReaderIndex(forwardBy: reader.count)
            stage = .body(request.length ?? 0)
        } else if request.hasOwnFraming || !request.keepsAlive {
            stage = .aside
        } else {
            stage = .passing(reader.count + (request.length ?? 0))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if case .head = stage { connection.headIsComplete = held.readableBytes == 0 }
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event, case .head = stage, held.readableBytes > 0 {
            // Half a head is the parser's to judge.
            stage = .aside
            let rest = held
            held = ByteBuffer()
            context.fireChannelRead(wrapInboundOut(rest))
        }
        context.fireUserInboundEventTriggered(event)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        held = ByteBuffer()
    }
}
