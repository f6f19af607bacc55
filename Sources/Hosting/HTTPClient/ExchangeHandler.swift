// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// A request on its way to the event loop, with what its answer goes to.
struct HTTPExchange: Sendable {
    let request: ClientRequest
    let answer: EventLoopPromise<ClientAnswer>
}

/// The client's end of a connection: sends a request, and gathers the parts of its answer.
///
/// Runs on its channel's event loop alone.
final class ExchangeHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = HTTPExchange
    typealias OutboundOut = HTTPClientRequestPart

    /// An exchange whose answer is awaited.
    private struct Pending {
        let promise: EventLoopPromise<ClientAnswer>
        let deadline: Scheduled<Void>
        var head: HTTPResponseHead?
        var body = ByteBuffer()
    }

    private let server: ServerLocation
    private let limits: HTTPClient.Limits
    private var pending: Pending?

    init(server: ServerLocation, limits: HTTPClient.Limits) {
        self.server = server
        self.limits = limits
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let exchange = unwrapOutboundIn(data)
        guard pending == nil else {
            promise?.fail(HTTPClientError.Reason.busy)
            return
        }
        let (limit, channel) = (limits.answering, context.channel)
        let deadline = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limit)) {
            self.fail(.timedOut(after: limit), channel)
        }
        pending = Pending(promise: exchange.answer, deadline: deadline)
        let request = exchange.request
        context.write(wrapOutboundOut(.head(head(of: request))), promise: nil)
        if !request.body.isEmpty {
            let body = context.channel.allocator.buffer(bytes: request.body)
            context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        }
        context.write(wrapOutboundOut(.end(nil)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Parts of an answer to nothing do not come: the decoder counts the requests.
        guard pending != nil else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            pending?.head = head
        case .body(var piece):
            guard (pending?.body.readableBytes ?? 0) + piece.readableBytes <= limits.bodyBytes
            else {
                fail(.tooLarge(limit: limits.bodyBytes), context.channel)
                return
            }
            pending?.body.writeBuffer(&piece)
        case .end:
            finish(context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(.closed, context.channel)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        // The connection ended within an answer, or the system ended it.
        case HTTPParserError.invalidEOFState, is IOError: fail(.closed, context.channel)
        default: fail(.malformed("\(error)"), context.channel)
        }
        context.close(promise: nil)
    }

    private func head(of request: ClientRequest) -> HTTPRequestHead {
        var fields = HTTPHeaders()
        fields.reserveCapacity(request.fields.count + 2)
        fields.add(name: "Host", value: server.host)
        for field in request.fields { fields.add(name: field.name, value: field.value) }
        if !request.body.isEmpty || request.method != "GET" {
            fields.add(name: "Content-Length", value: String(request.body.count))
        }
        return HTTPRequestHead(
            version: .http1_1,
            method: HTTPMethod(rawValue: request.method),
            uri: request.path,
            headers: fields
        )
    }

    private func finish(_ context: ChannelHandlerContext) {
        guard let exchange = pending, let head = exchange.head else { return }
        pending = nil
        exchange.deadline.cancel()
        let answer = ClientAnswer(
            status: Int(head.status.code),
            fields: head.headers.map { ClientRequest.Field($0.name, $0.value) },
            body: Array(exchange.body.readableBytesView)
        )
        // Closed before the promise is kept, so that nobody sends into it again.
        if !head.isKeepAlive { context.close(promise: nil) }
        exchange.promise.succeed(answer)
    }

    /// Ends the exchange, if there is one, and the connection: what comes later on it is of no use.
    private func fail(_ reason: HTTPClientError.Reason, _ channel: any Channel) {
        guard let exchange = pending else { return }
        pending = nil
        exchange.deadline.cancel()
        exchange.promise.fail(reason)
        channel.close(promise: nil)
    }
}
