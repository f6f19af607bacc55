// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import InferenceServer
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

/// One connection on an event loop whose time the test has in hand, with a stand-in for
/// Hummingbird behind the handler.
final class EmbeddedConnection {
    let channel = EmbeddedChannel()
    let lifecycle = ServerLifecycle()
    let counters = ServerCounters()
    let behind = Behind()

    init(
        _ answerer: Answerer = .echo,
        settings: ConnectionSettings = ConnectionSettings(),
        concurrency: Int = 100,
        readsBytes: Bool = true
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        let handler = ConnectionHandler(
            pipeline: RequestPipeline(answerer, counters: counters, concurrency: concurrency),
            settings: settings,
            lifecycle: lifecycle,
            isAdministrator: false
        )
        try handler.add(to: pipeline, readsBytes: readsBytes)
        try pipeline.addHandler(behind)
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: 1)
        channel.connect(to: address, promise: nil)
        channel.embeddedEventLoop.run()
    }

    /// What the client sends, as one read.
    func send(_ text: String) {
        var buffer = channel.allocator.buffer(capacity: text.utf8.count)
        buffer.writeString(text)
        // What the parser refuses is an error here too; the client sees the answer.
        _ = try? channel.writeInbound(buffer)
    }

    /// What the client has received since it last looked, without the lines that tell the time.
    func received() -> String {
        var text = ""
        while let data = try? channel.readOutbound(as: IOData.self) {
            if case .byteBuffer(let buffer) = data { text += String(buffer: buffer) }
        }
        return text.split(separator: "\r\n", omittingEmptySubsequences: false)
            .filter { !$0.hasPrefix("Date: ") }
            .joined(separator: "\r\n")
    }

    func quiesce() {
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    }

    func pass(_ time: Duration) {
        channel.embeddedEventLoop.advanceTime(by: TimeAmount(time))
    }

    var isOpen: Bool { channel.isActive }

    /// Sends pieces, each as one read, while whoever is behind answers at once what the handlers
    /// would have.
    ///
    /// - Returns: Status and body of each answer, and whether the connection has ended.
    func exchange(_ pieces: [String]) -> [String] {
        for piece in pieces where isOpen {
            send(piece)
            behind.answerAll()
        }
        let answers = ReceivedAnswer.all(Array(received().utf8))
            .filter { !$0.status.contains(" 100 ") }
            .map { "\($0.status.split(separator: " ")[1]) \($0.body)" }
        return answers + (isOpen ? [] : ["closed"])
    }
}

/// Takes requests as Hummingbird does, and answers them when it is told to.
final class Behind: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// `METHOD path body` of each complete request.
    private(set) var requests: [String] = []
    private(set) var isIncomplete = false
    private var current = ""
    /// What `Answerer.echo` answers to the requests that wait.
    private var echoes: [String] = []
    private var contentType = ""
    private var bodyPieces = 0
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            current = "\(head.method) \(head.uri)"
            bodyPieces = 0
            contentType = head.headers.first(name: "Content-Type") ?? ""
            isIncomplete = true
        case .body(let buffer):
            if bodyPieces == 0 { current += " " }
            bodyPieces += 1
            current += String(buffer: buffer)
        case .end:
            requests.append(current)
            let words = current.split(separator: " ", maxSplits: 2)
            let body = words.count > 2 ? words[2] : ""
            echoes.append("\(words[0]) \(words[1])|\(contentType)|\(body)")
            isIncomplete = false
        }
    }

    /// Answers every request that waits as `Answerer.echo` would.
    func answerAll() {
        let texts = echoes
        echoes = []
        for text in texts { answer(text) }
    }

    /// Answers the next request with a text.
    func answer(_ text: String) {
        guard let context else { return }
        let fields = HTTPHeaders([("Content-Length", String(text.utf8.count))])
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: fields)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}

/// A request with a body.
func post(_ path: String, _ body: String, _ fields: String...) -> String {
    let lines = fields.map { $0 + "\r\n" }.joined()
    return
        "POST \(path) HTTP/1.1\r\nHost: a\r\n\(lines)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
}

/// An answer as the handler writes it, without the time.
func answer(_ body: String, last: Bool = false) -> String {
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: \(body.utf8.count)\r\n"
        + "Server: kedge\r\n" + (last ? "Connection: close\r\n" : "") + "\r\n" + body
}

/// An answer as it comes from behind.
func answerFromBehind(_ body: String, last: Bool = false) -> String {
    "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n"
        + (last ? "Connection: close\r\n" : "") + "\r\n" + body
}
