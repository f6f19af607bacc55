// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting
import Logging
import NIOCore
import NIOExtras
import PredictionLog

/// One producer's connection: bytes in, records counted.
///
/// The handler runs on its channel's event loop alone. It owns the scanner, which keeps the split
/// line between reads; everything else is `Ingest`'s.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How long a connection must be silent during shutdown before it counts as read out.
    private static let silence = TimeAmount.milliseconds(100)
    /// How often that is looked at before it is closed all the same.
    private static let shutdownChecks = 20

    private let ingest: Ingest
    private let logger: Logger
    private var scanner: RecordScanner
    private var reads: UInt64 = 0
    private var timer: Scheduled<Void>?
    private var isAnswered = false

    init(ingest: Ingest, limits: ConnectionLimits, logger: Logger) {
        self.ingest = ingest
        self.logger = logger
        self.scanner = RecordScanner(limits: ScanLimits(maxLineBytes: limits.lineBytes))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        reads &+= 1
        let buffer = unwrapInboundIn(data)
        ingest.receive(buffer.readableBytesUInt8Span, with: &scanner)
        if !isAnswered, let hello = scanner.hello {
            isAnswered = true
            if hello.wantsAcknowledgement { refuseAcknowledgement(context) }
        }
    }

    /// Every channel's pipeline is taken down, also of one that never became active.
    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        ingest.connectionClosed(&scanner)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        logger.debug("connection ended", metadata: ["error": "\(error)"])
        context.close(promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            readOut(context, checksLeft: Self.shutdownChecks, since: reads)
        case is IdleStateHandler.IdleStateEvent:
            ingest.notice("idle connection closed")
            context.close(promise: nil)
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// Tells a producer that waits for acknowledgements that none will come.
    ///
    /// Its records count all the same, as those of everybody else.
    private func refuseAcknowledgement(_ context: ChannelHandlerContext) {
        ingest.notice("a producer asked for acknowledgements, which this version does not give")
        var answer = JSONWriter()
        answer.error(
            code: "ack_unsupported",
            message: "this version does not acknowledge; records are counted without"
        )
        answer.newline()
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: answer.bytes)), promise: nil)
    }

    /// Keeps reading what was sent before the shutdown, and closes once the producer is silent.
    private func readOut(_ context: ChannelHandlerContext, checksLeft: Int, since seen: UInt64) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: Self.silence) {
            if self.reads == seen || checksLeft == 0 {
                context.close(promise: nil)
            } else {
                self.readOut(context, checksLeft: checksLeft - 1, since: self.reads)
            }
        }
    }
}
