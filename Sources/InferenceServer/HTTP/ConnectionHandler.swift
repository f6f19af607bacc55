// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore
package import NIOHTTP1

/// Owns one connection: answers plain requests on the event loop, passes all others on to
/// Hummingbird behind it, and decides when the connection ends.
///
/// It stands behind NIO's parser and in front of everything else. What it answers itself goes out
/// as bytes past the encoder, all answers of one read in one write; what comes from behind passes
/// through it, so that it knows which answers are owed. Hummingbird learns neither of time-outs nor
/// of the shutdown: those are kept here alone.
package final class ConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    package typealias InboundIn = HTTPServerRequestPart
    package typealias InboundOut = HTTPServerRequestPart
    package typealias OutboundIn = HTTPServerResponsePart
    package typealias OutboundOut = HTTPServerResponsePart

    private let pipeline: RequestPipeline
    let settings: ConnectionSettings
    private let lifecycle: ServerLifecycle
    private let isAdministrator: Bool

    private var state = ConnectionState()
    private var head = RequestHead(method: "", path: "")
    private var body = ByteBuffer()
    /// What the request that comes in asks for.
    private var target = ""
    private var client: String?
    /// Whether the connection was there before the drain began: it is to move on.
    private var isOld = false

    private var writer = AnswerWriter()
    /// Answers of this read.
    private var pending = ByteBuffer()
    /// The encoder's context: what is written there passes it by.
    private var wire: ChannelHandlerContext?
    /// Its own context, for what is asked from in front.
    private var own: ChannelHandlerContext?

    /// Whether Hummingbird has taken the connection; what is meant for it waits until then.
    private var isAttached: Bool
    private var heldParts: [NIOAny] = []
    private var isInputEndHeld = false

    /// Whether the last read left no head that is not complete, as far as is known.
    var headIsComplete = false
    private var passedOn = false
    private var wasActive = false
    private var isReadHeld = false
    private var idleTask: Scheduled<Void>?
    private var requestTask: Scheduled<Void>?
    private var closingTask: Scheduled<Void>?

    /// Takes over a connection.
    ///
    /// - Parameters:
    ///   - pipeline: What answers.
    ///   - settings: What the connection may use.
    ///   - lifecycle: Whether the server drains.
    ///   - isAdministrator: Whether who connects may change state.
    ///   - isAttached: Whether somebody is behind it from the start; else `attach` says when.
    package init(
        pipeline: RequestPipeline,
        settings: ConnectionSettings,
        lifecycle: ServerLifecycle,
        isAdministrator: Bool,
        isAttached: Bool = true
    ) {
        self.isAttached = isAttached
        self.pipeline = pipeline
        self.settings = settings
        self.lifecycle = lifecycle
        self.isAdministrator = isAdministrator
    }

    package func handlerAdded(context: ChannelHandlerContext) {
        wire = try? context.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self)
        own = context
        isOld = !lifecycle.isDraining
        client = context.remoteAddress?.ipAddress
        watchForSilence(context)
    }

    /// Somebody is behind it now, who gets what has come in the meantime.
    func attach(_ context: ChannelHandlerContext) {
        isAttached = true
        for part in heldParts { context.fireChannelRead(part) }
        if !heldParts.isEmpty { context.fireChannelReadComplete() }
        heldParts = []
        if isInputEndHeld { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
        takeUpReading(context)
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        for task in [idleTask, requestTask, closingTask] { task?.cancel() }
        wire = nil
        own = nil
    }
}

// MARK: - Requests

extension ConnectionHandler {
    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        headIsComplete = true
        wasActive = true
        switch unwrapInboundIn(data) {
        case .head(let head): begin(context, head, data)
        case .body(let bytes):
            let (direction, effect) = state.body(bytes.readableBytes)
            if direction == .here { collect(bytes) }
            if direction == .on { passOn(data, context) }
            carryOut(effect, context)
        case .end:
            stopWatchingRequest()
            switch state.end() {
            case .here:
                let bytes = body
                body = ByteBuffer()
                answer(bytes.readableBytesUInt8Span, context)
            case .on: passOn(data, context)
            case .nowhere: break
            }
        }
    }

    private func begin(
        _ context: ChannelHandlerContext,
        _ request: HTTPRequestHead,
        _ data: NIOAny
    ) {
        let plain = PlainRequest(request)
        if !state.isEnding { target = plain.head.path }
        guard !plain.hasForeignCoding else {
            return carryOut(state.refuse(.transferCoding), context)
        }
        let (direction, effect) = state.begin(
            isPlain: canBeAnsweredHere(plain),
            keepsAlive: plain.keepsAlive,
            length: plain.length,
            limit: settings.bodyBytes
        )
        switch direction {
        case .here:
            take(plain)
            body.clear()
        case .on:
            // Behind an answer that is owed the word would come in the wrong place.
            if plain.expectsContinue, state.owed == 1 {
                write(context, continuing: request.version)
            }
            passOn(data, context)
        case .nowhere: break
        }
        carryOut(effect, context)
    }

    private func canBeAnsweredHere(_ request: PlainRequest) -> Bool {
        let bytes = request.length ?? 0
        return request.isPlain && bytes <= settings.plainBodyBytes
            && !pipeline.isSlow(request.head, bodyBytes: bytes)
    }

    private func take(_ request: PlainRequest) {
        head = request.head
        head.isAdministrator = isAdministrator
        head.client = client
    }

    private func passOn(_ data: NIOAny, _ context: ChannelHandlerContext) {
        guard isAttached else { return heldParts.append(data) }
        passedOn = true
        context.fireChannelRead(data)
    }

    /// Keeps bytes of the body; a body that comes in one piece is not copied.
    private func collect(_ bytes: ByteBuffer) {
        if body.readableBytes == 0 {
            body = bytes
        } else {
            body.writeImmutableBuffer(bytes)
        }
    }

    private func answer(_ body: Span<UInt8>, _ context: ChannelHandlerContext) {
        head.arrival = .now
        let answer = pipeline.answer(head, body: body)
        let isLast = state.endsWithNextAnswer || movesOn
        writer.write(answer, isLast: isLast, at: HTTPDate.now, to: &pending)
        carryOut(state.answeredHere(last: isLast), context)
    }

    /// Whether the client is asked to take its next request elsewhere.
    ///
    /// During the drain every old connection is, at its next answer; one that was made since then
    /// is made by somebody who has no other place to go.
    private var movesOn: Bool { isOld && lifecycle.asksToMoveOn }

    package func channelReadComplete(context: ChannelHandlerContext) {
        writePending()
        // Bytes without a part are of a head that is not complete.
        let isIncomplete = state.reading != nil || !headIsComplete && state.isIdle
        headIsComplete = false
        if isIncomplete, !state.isOver {
            watchRequest(context)
        } else {
            stopWatchingRequest()
        }
        // Who is behind is only told of the end of a read that brought them something.
        if passedOn { context.fireChannelReadComplete() }
        passedOn = false
    }

    /// Takes nothing more from a client that does not take its answers, or whose last request
    /// nobody has taken yet.
    package func read(context: ChannelHandlerContext) {
        if context.channel.isWritable && (isAttached || state.owed == 0) || state.isOver {
            context.read()
        } else {
            isReadHeld = true
        }
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { takeUpReading(context) }
        context.fireChannelWritabilityChanged()
    }

    private func takeUpReading(_ context: ChannelHandlerContext) {
        guard isReadHeld else { return }
        isReadHeld = false
        wasActive = true
        read(context: context)
    }
}

// MARK: - What the handler in front of the parser asks for

extension ConnectionHandler {
    /// Whether everything that comes is dropped.
    var isOver: Bool { state.isOver }

    /// Whether the parser has passed no beginning of a request without its end.
    var isBetweenRequests: Bool { state.reading == nil }

    /// Bytes have come.
    func bytesCame() {
        wasActive = true
    }

    /// A request begins that may be answered from its bytes.
    ///
    /// - Returns: Whether it is; then `answerPlain` is called once its body is complete.
    func beginPlain(_ request: PlainRequest) -> Bool {
        let length = request.length ?? 0
        guard state.canAnswerHere, length <= settings.bodyBytes, canBeAnsweredHere(request)
        else { return false }
        _ = state.begin(
            isPlain: true,
            keepsAlive: true,
            length: length,
            limit: settings.bodyBytes
        )
        take(request)
        return true
    }

    /// Answers the request that was begun by `beginPlain`.
    func answerPlain(_ body: Span<UInt8>) {
        guard let own, state.end() == .here else { return }
        stopWatchingRequest()
        answer(body, own)
    }
}

// MARK: - Answers

extension ConnectionHandler {
    /// Sends what was answered here.
    private func writePending() {
        guard pending.readableBytes > 0 else { return }
        wire?.writeAndFlush(NIOAny(pending), promise: nil)
        pending.clear()
    }

    private func write(_ context: ChannelHandlerContext, continuing version: HTTPVersion) {
        writePending()
        let head = HTTPResponseHead(version: version, status: .continue)
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
    }

    /// An answer from behind.
    package func write(
        context: ChannelHandlerContext,
        data: NIOAny,
        promise: EventLoopPromise<Void>?
    ) {
        guard !state.isOver else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        wasActive = true
        switch unwrapOutboundIn(data) {
        case .head(var head):
            writePending()
            if state.answerBegins(wantsLast: movesOn) {
                head.headers.replaceOrAdd(name: "Connection", value: "close")
            }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            context.write(data, promise: promise)
            let effect = state.answerEnds()
            if effect != .nothing { context.flush() }
            carryOut(effect, context)
        }
    }

    private func carryOut(_ effect: ConnectionState.Effect, _ context: ChannelHandlerContext) {
        switch effect {
        case .nothing: break
        case .close: linger(context)
        case .refuse(let refusal):
            let answer = refusal.answer(to: target, bodyBytes: settings.bodyBytes)
            writer.write(answer, isLast: true, at: HTTPDate.now, to: &pending)
            linger(context)
        }
    }

    /// Ends the connection from this side, and reads on until the client does or has had its time.
    private func linger(_ context: ChannelHandlerContext) {
        writePending()
        stopWatchingRequest()
        context.close(mode: .output, promise: nil)
        closingTask?.cancel()
        closingTask = schedule(context, in: settings.linger) { handler, context in
            context.close(promise: nil)
        }
        if isReadHeld {
            isReadHeld = false
            context.read()
        }
    }

    /// Whoever is behind wants to end the connection; that is not for them to decide.
    package func close(
        context: ChannelHandlerContext,
        mode: CloseMode,
        promise: EventLoopPromise<Void>?
    ) {
        guard mode == .output, state.isOver else {
            return context.close(mode: mode, promise: promise)
        }
        promise?.succeed()
    }
}

// MARK: - The end

extension ConnectionHandler {
    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            guard state.quiesce() || !isAttached else { return }
            closingTask = schedule(context, in: settings.lastCall) { handler, context in
                // At the end nobody comes any more to take a connection.
                if handler.state.isIdle || !handler.isAttached { context.close(promise: nil) }
            }
        case ChannelEvent.inputClosed:
            writePending()
            if state.isOver || state.inputEnds() {
                context.close(promise: nil)
            } else if isAttached {
                context.fireUserInboundEventTriggered(event)
            } else {
                isInputEndHeld = true
            }
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Bytes behind an error come as errors too.
        guard !state.isOver, !(error is ByteToMessageDecoderError) else { return }
        switch error {
        case HTTPParserError.headerOverflow: carryOut(state.refuse(.headerTooLarge), context)
        case is HTTPParserError: carryOut(state.refuse(.malformed), context)
        default: context.close(promise: nil)
        }
    }

    /// Closes the connection when nothing was read or written for as long as it may be silent.
    ///
    /// One task for the connection's life, which looks back at the time since it last ran: a
    /// connection is closed after one to two such times.
    private func watchForSilence(_ context: ChannelHandlerContext) {
        idleTask = schedule(context, in: settings.idle) { handler, context in
            let waitsForAnswer = handler.state.owed > 0 && context.channel.isWritable
            guard handler.wasActive || waitsForAnswer else { return context.close(promise: nil) }
            handler.wasActive = false
            handler.watchForSilence(context)
        }
    }

    /// Gives the request that is incomplete the rest of its time, if it has none yet.
    private func watchRequest(_ context: ChannelHandlerContext) {
        guard requestTask == nil else { return }
        requestTask = schedule(context, in: settings.requestTime) { handler, context in
            handler.requestTask = nil
            handler.carryOut(handler.state.refuse(.timeout), context)
        }
    }

    private func stopWatchingRequest() {
        guard let task = requestTask else { return }
        task.cancel()
        requestTask = nil
    }

    private func schedule(
        _ context: ChannelHandlerContext,
        in delay: Duration,
        _ body: @escaping (ConnectionHandler, ChannelHandlerContext) -> Void
    ) -> Scheduled<Void> {
        context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) {
            [weak self] in
            guard let self, context.channel.isActive else { return }
            body(self, context)
        }
    }
}
