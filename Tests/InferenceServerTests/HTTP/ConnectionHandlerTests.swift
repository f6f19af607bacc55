// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import InferenceServer
import NIOCore
import NIOEmbedded
import Testing

struct ConnectionHandlerTests {
    @Test(arguments: [true, false])
    func `answers a plain request itself, and nothing reaches Hummingbird`(readsBytes: Bool) throws
    {
        let connection = try EmbeddedConnection(readsBytes: readsBytes)
        connection.send(post("/predict", "[1]", "Content-Type: application/json"))
        #expect(connection.received() == answer("POST /predict|application/json|[1]"))
        #expect(connection.behind.requests == [])
        #expect(connection.isOpen)
        #expect(connection.counters.inFlight == 0)
    }

    @Test(arguments: [true, false])
    func `answers a request that comes byte by byte`(readsBytes: Bool) throws {
        let connection = try EmbeddedConnection(readsBytes: readsBytes)
        for character in post("/predict", "[1,2]") { connection.send(String(character)) }
        for character in post("/invocations", "{}") { connection.send(String(character)) }
        let expected = answer("POST /predict||[1,2]") + answer("POST /invocations||{}")
        #expect(connection.received() == expected)
    }

    @Test(arguments: [true, false])
    func `answers all requests of one read in one write, in order`(readsBytes: Bool) throws {
        let connection = try EmbeddedConnection(readsBytes: readsBytes)
        connection.send((1...5).map { post("/predict", "\($0)") }.joined())
        let first = try #require(try connection.channel.readOutbound(as: IOData.self))
        #expect(try connection.channel.readOutbound(as: IOData.self) == nil)
        guard case .byteBuffer(let buffer) = first else {
            Issue.record("the answers are no bytes")
            return
        }
        #expect(String(buffer: buffer).split(separator: "HTTP/1.1 200 OK").count == 5)
    }

    @Test(arguments: [
        "GET /predict HTTP/1.1\r\nHost: a\r\n\r\n",
        "HEAD /ready HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n1",
        "POST /predict?a=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n1",
        "POST /predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\n\r\n",
        "POST /predict HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n1",
        "POST /predict HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nContent-Length: 1\r\n\r\n1",
        "POST /predict HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n\r\n1",
        "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: a\r\nContent-Type: b\r\n"
            + "Content-Length: 1\r\n\r\n1",
        "POST /predict HTTP/1.0\r\nContent-Length: 1\r\n\r\n1",
        "POST /predict HTTP/1.1\r\nHost: a\r\n\r\n",
        post("/predict/batch", String(repeating: "1", count: 101)),
    ])
    func `steps aside for anything else`(request: String) throws {
        let connection = try EmbeddedConnection()
        connection.send(request)
        #expect(connection.behind.requests.count == 1)
        #expect(!connection.received().contains("text/plain"))
    }

    @Test(arguments: [true, false])
    func `no answer overtakes another`(readsBytes: Bool) throws {
        let connection = try EmbeddedConnection(readsBytes: readsBytes)
        connection.send(post("/predict", "1") + "GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        connection.send(post("/predict", "2"))
        #expect(connection.received() == answer("POST /predict||1"))
        #expect(connection.behind.requests == ["GET /health", "POST /predict 2"])
        connection.behind.answer("healthy")
        connection.send(post("/predict", "3"))
        connection.behind.answer("two")
        connection.behind.answer("three")
        let expected = ["healthy", "two", "three"].map { answerFromBehind($0) }.joined()
        #expect(connection.received() == expected)
        connection.send(post("/predict", "4"))
        #expect(connection.received() == answer("POST /predict||4"))
    }

    @Test(arguments: ["keep-alive", "Keep-Alive"])
    func `takes the field that every Python client sends`(option: String) throws {
        let connection = try EmbeddedConnection()
        connection.send(post("/predict", "1", "Connection: \(option)"))
        #expect(connection.received() == answer("POST /predict||1"))
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: te, CLOSE\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
    ])
    func `closes after an answer that was to be the last`(request: String) throws {
        let connection = try EmbeddedConnection()
        connection.send(request + post("/predict", "1"))
        #expect(connection.behind.requests.count == 1)
        connection.behind.answer("bye")
        #expect(connection.received() == answerFromBehind("bye", last: true))
        #expect(!connection.isOpen)
    }

    @Test(arguments: [true, false])
    func `says that a body may come`(readsBytes: Bool) throws {
        let connection = try EmbeddedConnection(readsBytes: readsBytes)
        let request = post("/predict", "12", "Expect: 100-continue")
        connection.send(String(request.dropLast(2)))
        #expect(connection.received() == "HTTP/1.1 100 Continue\r\n\r\n")
        connection.send("12")
        #expect(connection.behind.requests == ["POST /predict 12"])
    }

    @Test(arguments: [true, false])
    func `refuses too many requests at once`(readsBytes: Bool) throws {
        let connection = try EmbeddedConnection(concurrency: 0, readsBytes: readsBytes)
        connection.send(post("/predict", "1"))
        let text = connection.received()
        #expect(text.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
        #expect(text.contains("\r\nRetry-After: 1\r\n"))
        #expect(connection.counters.errors == ["overloaded": 1])
        #expect(connection.counters.inFlight == 0)
        #expect(connection.isOpen)
    }
}

struct ConnectionLimitTests {
    private static let small: ConnectionSettings = {
        var settings = ConnectionSettings()
        settings.bodyBytes = 10
        settings.plainBodyBytes = 5
        settings.requestTime = .seconds(10)
        settings.idle = .seconds(60)
        return settings
    }()

    @Test(arguments: [true, false])
    func `a body over the plain size goes to Hummingbird, over the limit nowhere`(readsBytes: Bool)
        throws
    {
        let connection = try EmbeddedConnection(settings: Self.small, readsBytes: readsBytes)
        connection.send(post("/predict", "12345"))
        #expect(connection.received() == answer("POST /predict||12345"))
        connection.send(post("/predict", "123456"))
        #expect(connection.behind.requests == ["POST /predict 123456"])
        connection.behind.answer("six")
        _ = connection.received()
        connection.send(post("/predict", "12345678901"))
        #expect(connection.received().hasPrefix("HTTP/1.1 413 "))
        #expect(connection.behind.requests.count == 1)
        #expect(!connection.isOpen)
    }

    @Test(arguments: [
        ("/predict?x=1", #"{"detail":"the body is larger than 10 bytes"}"#),
        ("/v2/models/m/infer", #"{"error":"the body is larger than 10 bytes"}"#),
        (
            "/invocations",
            #"{"error_code":"BAD_REQUEST","message":"the body is larger than 10 bytes"}"#
        ),
        (
            "/none",
            #"{"error":{"code":"body_too_large","message":"the body is larger than 10 bytes"}}"#
        ),
    ])
    func `a body over the limit is refused in the words of its protocol`(
        path: String,
        body: String
    ) throws {
        for readsBytes in [true, false] {
            for request in [
                post(path, "12345678901"),
                "POST \(path) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
                    + "b\r\n12345678901\r\n",
            ] {
                let connection = try EmbeddedConnection(
                    settings: Self.small,
                    readsBytes: readsBytes
                )
                connection.send(request)
                let text = connection.received()
                #expect(text.hasPrefix("HTTP/1.1 413 ") && text.hasSuffix(body), "\(text)")
            }
        }
    }

    @Test(arguments: [true, false])
    func `a transfer coding other than chunked is refused`(readsBytes: Bool) throws {
        let connection = try EmbeddedConnection(readsBytes: readsBytes)
        connection.send(
            "POST /predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
                + "1\r\n1\r\n0\r\n\r\n"
        )
        #expect(connection.received().hasPrefix("HTTP/1.1 501 "))
        #expect(connection.behind.requests == [])
        #expect(!connection.isOpen)
    }

    @Test(arguments: [true, false])
    func `a chunked body over the limit is refused when it is over it`(readsBytes: Bool) throws {
        let connection = try EmbeddedConnection(settings: Self.small, readsBytes: readsBytes)
        connection.send("POST /predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        connection.send("8\r\n12345678\r\n")
        #expect(connection.received() == "")
        connection.send("3\r\n123\r\n")
        #expect(connection.received().hasPrefix("HTTP/1.1 413 "))
        #expect(connection.behind.requests == [])
        #expect(!connection.isOpen)
    }

    @Test(arguments: [true, false])
    func `a refusal waits for the answers before it`(readsBytes: Bool) throws {
        let connection = try EmbeddedConnection(settings: Self.small, readsBytes: readsBytes)
        connection.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n" + post("/b", "12345678901"))
        #expect(connection.received() == "")
        connection.behind.answer("a")
        let text = connection.received()
        #expect(text.hasPrefix(answerFromBehind("a") + "HTTP/1.1 413 "))
        #expect(text.contains("Connection: close"))
        #expect(!connection.isOpen)
    }

    @Test(arguments: [
        "POST /pre", "POST /predict HTTP/1.1\r\nHost: a\r\n",
        "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n123",
        "POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n123",
    ])
    func `a request that does not come to its end is refused in time`(start: String) throws {
        let connection = try EmbeddedConnection(settings: Self.small)
        connection.send(start)
        connection.pass(.milliseconds(9_999))
        #expect(connection.received() == "" && connection.isOpen)
        connection.pass(.milliseconds(1))
        #expect(connection.received().hasPrefix("HTTP/1.1 408 "))
        #expect(!connection.isOpen)
    }

    @Test(arguments: [true, false])
    func `a request that trickles has no more time than another`(readsBytes: Bool) throws {
        let connection = try EmbeddedConnection(settings: Self.small, readsBytes: readsBytes)
        for character in "POST /predict HTTP" {
            connection.send(String(character))
            connection.pass(.seconds(1))
        }
        #expect(connection.received().hasPrefix("HTTP/1.1 408 "))
    }

    @Test(arguments: [true, false])
    func `each request has its time anew`(readsBytes: Bool) throws {
        let connection = try EmbeddedConnection(settings: Self.small, readsBytes: readsBytes)
        for _ in 0..<10 {
            let request = post("/predict", "12345")
            connection.send(String(request.dropLast(3)))
            connection.pass(.seconds(9))
            connection.send("345")
            #expect(connection.received() == answer("POST /predict||12345"))
        }
    }

    @Test(arguments: [true, false])
    func `a silent connection is closed, a busy one is not`(readsBytes: Bool) throws {
        let connection = try EmbeddedConnection(settings: Self.small, readsBytes: readsBytes)
        for _ in 0..<10 {
            connection.pass(.seconds(50))
            connection.send(post("/predict", "1"))
        }
        #expect(connection.isOpen)
        connection.pass(.seconds(120))
        #expect(!connection.isOpen)
    }

    @Test(arguments: [true, false])
    func `a connection that waits for its answer is not silent`(readsBytes: Bool) throws {
        let connection = try EmbeddedConnection(settings: Self.small, readsBytes: readsBytes)
        connection.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
        connection.pass(.seconds(600))
        #expect(connection.isOpen)
        connection.behind.answer("late")
        #expect(connection.received() == answerFromBehind("late"))
        connection.pass(.seconds(120))
        #expect(!connection.isOpen)
    }

    @Test(arguments: [true, false])
    func `a client that does not take its answers is not read on, and is closed`(readsBytes: Bool)
        throws
    {
        let connection = try EmbeddedConnection(settings: Self.small, readsBytes: readsBytes)
        connection.send(post("/predict", "1"))
        connection.channel.isWritable = false
        connection.channel.pipeline.fireChannelWritabilityChanged()
        let reads = connection.channel.pipeline
        reads.read()
        connection.pass(.seconds(120))
        #expect(!connection.isOpen)
    }

    @Test(arguments: [
        ("GARBAGE\r\n\r\n", 400),
        ("POST /predict HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n1", 400),
        ("POST /predict HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        ("POST /predict HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        ("GET / HTTP/1.1\r\nA: \(String(repeating: "a", count: 200_000))\r\n\r\n", 431),
    ])
    func `what is no HTTP is told so and ended`(bytes: String, status: Int) throws {
        let connection = try EmbeddedConnection(settings: Self.small)
        connection.send(post("/predict", "1") + bytes)
        let text = connection.received()
        #expect(text.hasPrefix(answer("POST /predict||1") + "HTTP/1.1 \(status) "))
        #expect(!connection.isOpen)
    }
}

struct ConnectionShutdownTests {
    @Test(arguments: [true, false])
    func `an idle connection is closed soon`(readsBytes: Bool) throws {
        let connection = try EmbeddedConnection(readsBytes: readsBytes)
        connection.quiesce()
        connection.pass(.milliseconds(99))
        #expect(connection.isOpen)
        connection.pass(.milliseconds(1))
        #expect(!connection.isOpen)
    }

    @Test(arguments: [true, false])
    func `a request that was under way to an idle connection is answered`(readsBytes: Bool) throws {
        let connection = try EmbeddedConnection(readsBytes: readsBytes)
        connection.quiesce()
        connection.send(post("/predict", "1"))
        #expect(connection.received() == answer("POST /predict||1", last: true))
        #expect(!connection.isOpen)
    }

    @Test(arguments: [true, false])
    func `half a request is read to its end and answered`(readsBytes: Bool) throws {
        let connection = try EmbeddedConnection(readsBytes: readsBytes)
        let request = post("/predict", "12345")
        connection.send(String(request.dropLast(3)))
        connection.quiesce()
        connection.pass(.seconds(5))
        connection.send("345")
        #expect(connection.received() == answer("POST /predict||12345", last: true))
        #expect(!connection.isOpen)
    }

    @Test(arguments: [true, false])
    func `answers that are owed come first, and the last one says so`(readsBytes: Bool) throws {
        let connection = try EmbeddedConnection(readsBytes: readsBytes)
        connection.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n")
        connection.quiesce()
        connection.pass(.seconds(5))
        connection.behind.answer("a")
        #expect(connection.received() == answerFromBehind("a"))
        connection.behind.answer("b")
        #expect(connection.received() == answerFromBehind("b", last: true))
        #expect(!connection.isOpen)
    }

    @Test(arguments: [true, false])
    func `half a request behind an answer that is owed is finished too`(readsBytes: Bool) throws {
        let connection = try EmbeddedConnection(readsBytes: readsBytes)
        let request = post("/b", "12345")
        connection.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n" + request.dropLast(3))
        connection.quiesce()
        connection.behind.answer("a")
        #expect(connection.received() == answerFromBehind("a"))
        connection.send("345")
        connection.behind.answer("b")
        #expect(connection.received() == answerFromBehind("b", last: true))
        #expect(!connection.isOpen)
    }

    @Test(arguments: [true, false])
    func `the drain moves each old connection on once, and keeps the new ones`(readsBytes: Bool)
        throws
    {
        let old = try EmbeddedConnection(readsBytes: readsBytes)
        old.send(post("/predict", "1"))
        #expect(old.received() == answer("POST /predict||1"))
        old.lifecycle.drain(for: .seconds(5))
        old.send(post("/predict", "2"))
        #expect(old.received() == answer("POST /predict||2", last: true))
        #expect(!old.isOpen)
    }

    @Test(arguments: [true, false])
    func `the drain moves on a connection whose answer comes from behind`(readsBytes: Bool) throws {
        let old = try EmbeddedConnection(readsBytes: readsBytes)
        old.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
        old.lifecycle.drain(for: .seconds(5))
        old.behind.answer("a")
        #expect(old.received() == answerFromBehind("a", last: true))
        #expect(!old.isOpen)
    }

    @Test(arguments: [true, false])
    func `a client that sends no more still gets what it is owed`(readsBytes: Bool) throws {
        let connection = try EmbeddedConnection(readsBytes: readsBytes)
        connection.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
        connection.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        connection.behind.answer("a")
        #expect(connection.received() == answerFromBehind("a", last: true))
        #expect(!connection.isOpen)
    }
}
