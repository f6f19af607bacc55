// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting
import Logging
import NIOCore
import NIOExtras
import PredictionLog

/// One producer's connection: bytes in, records counted, acknowledgements out.
///
/// The handler runs on its channel's event loop alone. It owns the scanner, which keeps the split
/// line between reads; everything else is `Ingest`'s, which tells it by `take` what its producer is
/// owed.
final class ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How a connection is read out before it is closed: looked at so often, and closed when
    /// nothing came since the last look, or after so many looks.
    private struct ReadingOut {
        let interval: TimeAmount
        var looks: Int
        /// Whether it waits for what is owed, and how long at most.
        let patience: TimeAmount

        /// At the shutdown.
        static let shutdown = ReadingOut(
            interval: .milliseconds(100),
            looks: 20,
            patience: .seconds(2)
        )
        /// When another connection has taken the session over.
        static let superseded = ReadingOut(
            interval: .milliseconds(20),
            looks: 50,
            patience: .zero
        )
    }

    private let ingest: Ingest
    private let logger: Logger
    private var scanner: RecordScanner
    private var connection: SessionTable.Connection?
    private var reads: UInt64 = 0
    private var timer: Scheduled<Void>?
    /// Whether the hello was looked at.
    private var hasGreeted = false
    /// Bytes that wait until it is known where the session stands; nil when it is.
    private var rest: ByteBuffer?
    /// Whether somebody wants to read, and may not yet.
    private var isReadHeld = false
    /// Whether the producer has said its last.
    private var hasEnded = false

    init(ingest: Ingest, limits: ConnectionLimits, logger: Logger) {
        self.ingest = ingest
        self.logger = logger
        self.scanner = RecordScanner(limits: ScanLimits(maxLineBytes: limits.lineBytes))
    }

    /// Has the ingest admit the connection.
    ///
    /// - Returns: Whether it did; otherwise there are too many.
    func open(_ context: ChannelHandlerContext, limit: Int) -> Bool {
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        connection = ingest.connectionOpened(limit: limit) { message in
            eventLoop.execute { bound.value.handler.take(message, bound.value.context) }
        }
        return connection != nil
    }

    /// Every channel's pipeline is taken down, also of one that never became active.
    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        if let connection { ingest.connectionClosed(&scanner, of: connection) }
        connection = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        logger.debug("connection ended", metadata: ["error": "\(error)"])
        context.close(promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed: inputEnded(context)
        case is ChannelShouldQuiesceEvent: readOut(context, .shutdown, since: reads)
        case is IdleStateHandler.IdleStateEvent:
            ingest.notice("idle connection closed")
            context.close(promise: nil)
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }
}

// MARK: - Reading

extension ConnectionHandler {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        reads &+= 1
        scan(unwrapInboundIn(data), context)
    }

    /// Reads on unless the connection must wait for its session or for room.
    func read(context: ChannelHandlerContext) {
        if rest == nil, connection.map(ingest.mayRead) ?? true {
            context.read()
        } else {
            isReadHeld = true
        }
    }

    private func scan(_ buffer: ByteBuffer, _ context: ChannelHandlerContext) {
        guard let connection else { return }
        let bytes = buffer.readableBytesUInt8Span
        let (taken, mustWait) = ingest.receive(bytes, with: &scanner, from: connection)
        if mustWait {
            var buffer = buffer
            buffer.moveReaderIndex(forwardBy: taken)
            rest = buffer
            return
        }
        if !hasGreeted, let hello = scanner.hello {
            hasGreeted = true
            if hello.wantsAcknowledgement, scanner.decided == nil { refuseAcknowledgement(context) }
        }
    }

    /// Takes what had to wait.
    private func goOn(_ context: ChannelHandlerContext) {
        guard let rest else { return }
        self.rest = nil
        scan(rest, context)
        if self.rest != nil { return }
        if hasEnded { inputEnded(context) } else { takeUpReading(context) }
    }

    private func takeUpReading(_ context: ChannelHandlerContext) {
        guard isReadHeld else { return }
        isReadHeld = false
        read(context: context)
    }

    private func inputEnded(_ context: ChannelHandlerContext) {
        hasEnded = true
        // What came after the hello is read when the session is this connection's.
        guard rest == nil else { return }
        guard let connection, ingest.inputEnded(&scanner, of: connection) else {
            return context.close(promise: nil)
        }
    }
}

// MARK: - Answering

extension ConnectionHandler {
    /// Does what the ingest says.
    private func take(_ message: SessionTable.Message, _ context: ChannelHandlerContext) {
        guard connection != nil else { return }
        switch message {
        case .hello(let sequence): answer(context) { $0.hello(sequence) }
        case .acknowledge(let sequence): answer(context) { $0.acknowledgement(sequence) }
        case .superseded: readOut(context, .superseded, since: reads)
        case .proceed(let decided, let dropped):
            scanner.resume(decided: decided, dropped: dropped)
            goOn(context)
        case .greetAgain: goOn(context)
        case .resume: takeUpReading(context)
        case .finished: context.close(promise: nil)
        }
    }

    private func answer(
        _ context: ChannelHandlerContext,
        _ line: (inout JSONWriter) -> Void
    ) {
        var writer = JSONWriter()
        line(&writer)
        writer.newline()
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: writer.bytes)), promise: nil)
    }

    /// Tells a producer that waits for acknowledgements that none will come.
    ///
    /// Its records count all the same, as those of everybody else.
    private func refuseAcknowledgement(_ context: ChannelHandlerContext) {
        let hasSession = scanner.hello?.session?.isEmpty == false
        let reason =
            hasSession
            ? "this sidecar keeps nothing (no state directory)"
            : "a hello that asks for acknowledgements must name a session of at most "
                + "\(SessionTable.nameBytes) bytes"
        ingest.notice("a producer asked for acknowledgements and gets none: \(reason)")
        answer(context) { writer in
            writer.error(
                code: "ack_unsupported",
                message: "\(reason); records are counted without acknowledgement"
            )
        }
    }
}

// MARK: - The end

extension ConnectionHandler {
    /// Keeps reading what was sent before, and closes once the producer is silent.
    private func readOut(
        _ context: ChannelHandlerContext,
        _ plan: ReadingOut,
        since seen: UInt64
    ) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: plan.interval) {
            guard self.reads == seen || plan.looks == 0 else {
                var next = plan
                next.looks -= 1
                return self.readOut(context, next, since: self.reads)
            }
            self.closeWhenSettled(context, within: plan.patience)
        }
    }

    /// Closes the connection once it has what it is owed, or has waited long enough.
    private func closeWhenSettled(_ context: ChannelHandlerContext, within patience: TimeAmount) {
        guard patience > .zero, let connection, ingest.inputEnded(&scanner, of: connection) else {
            return context.close(promise: nil)
        }
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: patience) {
            context.close(promise: nil)
        }
    }
}

extension JSONWriter {
    /// Writes `{"hello":{"seq":N}}`.
    fileprivate mutating func hello(_ sequence: UInt64) {
        object { writer in
            writer.key("hello")
            writer.object { writer in
                writer.key("seq")
                writer.value(sequence)
            }
        }
    }

    /// Writes `{"ack":N}`.
    fileprivate mutating func acknowledgement(_ sequence: UInt64) {
        object { writer in
            writer.key("ack")
            writer.value(sequence)
        }
    }
}
