// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import InferenceServer
import NIOCore
import NIOEmbedded
import TestSupport
import Testing

private func request(_ lines: String..., body: String = "1", target: String = "/predict") -> String
{
    "POST \(target) HTTP/1.1\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n" + body
}

/// Requests that are read from bytes, and such as only look like them.
private let requests = [
    post("/predict", "[1,2,3]", "Content-Type: application/json"),
    post("/predict", ""),
    post("/none", "xyz"),
    request("content-length:1", "CONTENT-TYPE:text/plain"),
    request("Content-Length:     1", "Content-Type:   "),
    request("Content-Length: 1", "Connection: Keep-Alive", "Accept: */*", "User-Agent: a b"),
    request("Content-Length: 0001"),
    // Lengths.
    request("Content-Length: 1", "Content-Length: 1"),
    request("Content-Length: 1", "Content-Length: 2"),
    request("Content-Length: +1"), request("Content-Length: -1"),
    request("Content-Length: 1 "), request("Content-Length: 1\t"), request("Content-Length:\t1"),
    request("Content-Length: 1,1"), request("Content-Length: 1 1"), request("Content-Length: 0x1"),
    request("Content-Length:"), request("Content-Length: "), request("Content-Length: 1a"),
    request("Content-Length: 99999999999999999999"),
    request("Content-Length: 18446744073709551617"),
    request("Content-Length: 9223372036854775807"),
    request("Host: a"),
    // Fields.
    request("X: a", " b", "Content-Length: 1"), request("X:", "\tb", "Content-Length: 1"),
    request("X : a", "Content-Length: 1"), request(": a", "Content-Length: 1"),
    request("X Y: a", "Content-Length: 1"), request("X", "Content-Length: 1"),
    request("Content-Length : 1"), request(" Content-Length: 1"),
    request("X: \0", "Content-Length: 1"), request("X\0: 1", "Content-Length: 1"),
    request("X: a\rb", "Content-Length: 1"), request("X: a\u{7F}", "Content-Length: 1"),
    request("X: Käse", "Content-Length: 1"), request("X: a\tb", "Content-Length: 1"),
    request("X: a\r", "Content-Length: 1"), request("X!#$%&'*+.^`|~: a", "Content-Length: 1"),
    request("Content-Type: a", "Content-Type: b", "Content-Length: 1"),
    request("Content-Type: a ", "Content-Length: 1"),
    // Lines.
    "POST /predict HTTP/1.1\nContent-Length: 1\n\n1",
    "POST /predict HTTP/1.1\r\nContent-Length: 1\n\r\n1",
    "POST /predict HTTP/1.1\r\nContent-Length: 1\r\n\n1",
    "POST /predict HTTP/1.1\nContent-Length: 1\r\n\r\n1",
    "\r\n" + post("/predict", "1"), "\n" + post("/predict", "1"), "\r\n\r\n\r\n",
    // The first line.
    "post /predict HTTP/1.1\r\nContent-Length: 1\r\n\r\n1",
    "POST  /predict HTTP/1.1\r\nContent-Length: 1\r\n\r\n1",
    "POST /predict HTTP/1.1 \r\nContent-Length: 1\r\n\r\n1",
    "POST /pre dict HTTP/1.1\r\nContent-Length: 1\r\n\r\n1",
    "POST /predict HTTP/1.0\r\nContent-Length: 1\r\n\r\n1",
    "POST /predict HTTP/1.2\r\nContent-Length: 1\r\n\r\n1",
    "POST /predict HTTP/2.0\r\nContent-Length: 1\r\n\r\n1",
    "POST /predict http/1.1\r\nContent-Length: 1\r\n\r\n1",
    "POST /predict\r\nContent-Length: 1\r\n\r\n1",
    "POST HTTP/1.1\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n1",
    request("Content-Length: 1", target: "http://a/predict"),
    request("Content-Length: 1", target: "predict"), request("Content-Length: 1", target: "*"),
    request("Content-Length: 1", target: "/predict?x=1"),
    request("Content-Length: 1", target: "/predict#x"),
    request("Content-Length: 1", target: "/prédict"),
    "GET /health HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /health HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
    "DELETE /predict HTTP/1.1\r\nContent-Length: 1\r\n\r\n1",
    "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
    // What is read in its own way.
    request("Transfer-Encoding: chunked", body: "2\r\n[1\r\n1\r\n]\r\n0\r\n\r\n"),
    request("Transfer-Encoding: chunked", "Content-Length: 1", body: "0\r\n\r\n"),
    request("Content-Length: 1", "Transfer-Encoding: chunked", body: "0\r\n\r\n"),
    request("Transfer-Encoding: identity", "Content-Length: 1"),
    request("Expect: 100-continue", "Content-Length: 1"), request("Expect: x", "Content-Length: 1"),
    request("Upgrade: h2c", "Content-Length: 1"),
    request("Connection: upgrade", "Upgrade: h2c", "Content-Length: 1"),
    request("Connection: close", "Content-Length: 1"),
    request("Connection: keep-alive, te", "Content-Length: 1"),
    request("Connection: keep-alive", "Connection: close", "Content-Length: 1"),
    request("Proxy-Connection: close", "Content-Length: 1"),
    // Sizes.
    request("X: " + String(repeating: "a", count: 15_000), "Content-Length: 1"),
    request("X: " + String(repeating: "a", count: 17_000), "Content-Length: 1"),
    post("/predict", "1", "\((0..<90).map { "X-\($0): 1" }.joined(separator: "\r\n"))"),
    post("/predict", "1", "\((0..<120).map { "X-\($0): 1" }.joined(separator: "\r\n"))"),
    post("/predict", String(repeating: "1", count: 70_000)),
    post("/predict/batch", String(repeating: "1", count: 101)),
]

private let last = "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

private func exchange(_ pieces: [String], readsBytes: Bool) throws -> [String] {
    try EmbeddedConnection(readsBytes: readsBytes).exchange(pieces)
}

struct FrontHandlerTests {
    @Test(arguments: requests)
    func `bytes are understood as NIO's parser understands them`(request: String) throws {
        let stream = post("/predict", "0") + request + post("/predict", "9") + last
        let expected = try exchange([stream], readsBytes: false)
        #expect(expected.first == "200 POST /predict||0")
        #expect(try exchange([stream], readsBytes: true) == expected)
        guard stream.utf8.count < 2_000 else { return }
        let bytes = stream.unicodeScalars.map { String($0) }
        #expect(try exchange(bytes, readsBytes: false) == expected)
        #expect(try exchange(bytes, readsBytes: true) == expected)
    }

    @Test(arguments: requests)
    func `a request is answered before anything follows it`(request: String) throws {
        for stream in [request, post("/predict", "0") + request] {
            let expected = try exchange([stream], readsBytes: false)
            #expect(try exchange([stream], readsBytes: true) == expected)
        }
    }

    @Test
    func `a stream of mixed requests may be split anywhere`() throws {
        let plain = (0..<12).map { post("/predict", String(repeating: "\($0)", count: $0)) }
        let stream =
            plain[0..<3].joined() + "GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
            + plain[3..<5].joined() + post("/none", "x") + plain[5..<8].joined()
            + request("Connection: te", "Content-Length: 1", body: "2") + plain[8...].joined()
            + request("Transfer-Encoding: chunked", body: "1\r\n1\r\n0\r\n\r\n") + plain[9] + last
        let expected = try exchange([stream], readsBytes: false)
        #expect(expected.count == 19)
        for cut in 0...stream.utf8.count {
            let index = stream.utf8.index(stream.startIndex, offsetBy: cut)
            let pieces = [String(stream[..<index]), String(stream[index...])]
            #expect(try exchange(pieces, readsBytes: true) == expected, "split at \(cut)")
        }
    }

    @Test
    func `what is passed on does not take the connection out of the front`() throws {
        let connection = try EmbeddedConnection()
        connection.send("GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        connection.behind.answerAll()
        connection.send(post("/predict", "1", "Connection: keep-alive"))
        #expect(connection.behind.requests == ["GET /health"])
        #expect(connection.received().hasSuffix(answer("POST /predict||1")))
    }

    @Test
    func `half a head that is followed by the end is refused`() throws {
        let connection = try EmbeddedConnection()
        connection.send("POST /predict HTTP/1.1\r\nContent-")
        connection.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(!connection.isOpen)
    }

    @Test(arguments: UInt64(1)...20)
    func `damaged requests get the same answers as from NIO's parser`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            var bytes = Array(
                (post("/predict", "[1]") + post("/none", "x") + post("/predict", "2")).utf8
            )
            for _ in 0..<Int.random(in: 1...2, using: &random) {
                // ASCII, so that the bytes are a text.
                let byte = UInt8.random(in: 0...127, using: &random)
                bytes[Int.random(in: bytes.indices, using: &random)] = byte
            }
            let stream = String(decoding: bytes, as: UTF8.self) + post("/predict", "9") + last
            // What follows ends the head that the damage may have left open.
            #expect(
                try exchange([stream], readsBytes: true)
                    == exchange([stream], readsBytes: false),
                "\(stream.debugDescription)"
            )
        }
    }
}
