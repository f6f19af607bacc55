// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting
import NIOHTTP1
import TestSupport
import Testing

@Suite(.mustEnd)
struct HTTPClientTests {
    private static func whole(_ body: String, status: String = "200 OK") -> String {
        "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// The reason of the failure of a request to a server that reacts so.
    private func failure(
        limits: HTTPClient.Limits = .init(),
        _ reaction: ScriptedServer.Reaction
    ) async throws -> HTTPClientError.Reason? {
        var reason: HTTPClientError.Reason?
        try await ScriptedServer.run(reaction: { _ in reaction }) { server in
            do throws(HTTPClientError) {
                _ = try await HTTPClient.answer(
                    to: .get("/"),
                    from: server.location,
                    limits: limits
                )
            } catch {
                #expect(error.server == server.location)
                reason = error.reason
            }
        }
        return reason
    }

    @Test
    func `a request arrives as it was made, over TCP and over a Unix socket`() async throws {
        let directory = try TemporaryDirectory()
        for socket in [nil, directory.path("http.sock")] {
            let echo: @Sendable (ScriptedServer.Seen) -> ScriptedServer.Reaction = { seen in
                let fields = seen.head.headers.map { "\($0.name)=\($0.value)" }.sorted()
                let text = "\(seen.head.method.rawValue) \(seen.head.uri) \(fields) "
                return .send([Self.whole(text + String(decoding: seen.body, as: UTF8.self))])
            }
            try await ScriptedServer.run(socket: socket, reaction: echo) { server in
                let host = socket == nil ? "\(server.location)" : "localhost"
                let client = try await HTTPClient(connectingTo: server.location)
                let first = try await client.send(.get("/a?b=%20"))
                #expect(
                    String(decoding: first.body, as: UTF8.self)
                        == "GET /a?b=%20 [\"Host=\(host)\"] "
                )
                let second = try await client.send(.post("/p", json: Array("{\"ü\":1}".utf8)))
                #expect(
                    String(decoding: second.body, as: UTF8.self) == "POST /p "
                        + "[\"Content-Length=8\", \"Content-Type=application/json\", "
                        + "\"Host=\(host)\"] {\"ü\":1}"
                )
                let third = try await client.send(ClientRequest("POST", "/empty"))
                #expect(String(decoding: third.body, as: UTF8.self).contains("Content-Length=0"))
                await client.close()
                #expect(!client.isOpen)
            }
        }
    }

    @Test(arguments: [
        ([whole("hello")], 200, "hello"),
        (whole("hello").map(String.init), 200, "hello"),
        ([whole("{}", status: "422 Unprocessable Content")], 422, "{}"),
        (["HTTP/1.1 100 Continue\r\n\r\n", whole("after")], 200, "after"),
        (["HTTP/1.1 204 No Content\r\n\r\n"], 204, ""),
        (
            [
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
                "1;x=y\r\n!\r\n0\r\n\r\n",
            ],
            200, "hello!"
        ),
    ])
    func `an answer is taken whole in any framing, and the connection used again`(
        pieces: [String],
        status: Int,
        body: String
    ) async throws {
        try await ScriptedServer.run(reaction: { _ in .send(pieces) }) { server in
            let client = try await HTTPClient(connectingTo: server.location)
            for _ in 1...3 {
                let answer = try await client.send(.get("/"))
                #expect(answer.status == status)
                #expect(answer.isSuccess == (status < 300))
                #expect(String(decoding: answer.body, as: UTF8.self) == body)
            }
            #expect(server.connections == 1)
            #expect(client.isOpen)
            await client.close()
        }
    }

    @Test
    func `the header of an answer is kept in its order`() async throws {
        let text = "HTTP/1.1 200 OK\r\nB: 2\r\nA: 1\r\nB: 3\r\nContent-Length: 0\r\n\r\n"
        try await ScriptedServer.run(reaction: { _ in .send([text]) }) { server in
            let answer = try await HTTPClient.answer(to: .get("/"), from: server.location)
            #expect(answer.fields.map(\.name) == ["B", "A", "B", "Content-Length"])
            #expect(answer.fields.map(\.value) == ["2", "1", "3", "0"])
        }
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok",
        "HTTP/1.0 200 OK\r\n\r\nok",
    ])
    func `after an answer that ends the connection nothing is sent on it`(
        text: String
    ) async throws {
        try await ScriptedServer.run(reaction: { _ in .sendAndClose(text) }) { server in
            let client = try await HTTPClient(connectingTo: server.location)
            let answer = try await client.send(.get("/"))
            #expect(answer.body == Array("ok".utf8))
            let error = await #expect(throws: HTTPClientError.self) {
                try await client.send(.get("/"))
            }
            #expect(error?.reason == .closed)
            #expect(!client.isOpen)
        }
    }

    @Test
    func `an answer is refused above the limit, announced or not`() async throws {
        let limits = HTTPClient.Limits(bodyBytes: 5)
        let announced = try await failure(limits: limits, .send([Self.whole("123456")]))
        #expect(announced == .tooLarge(limit: 5))
        let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n"
        #expect(try await failure(limits: limits, .send([chunks])) == .tooLarge(limit: 5))
        #expect(try await failure(limits: limits, .send([Self.whole("12345")])) == nil)
    }

    @Test
    func `an answer that does not come, or not to its end, is given up in time`() async throws {
        let limits = HTTPClient.Limits(answering: .milliseconds(50))
        let expected = HTTPClientError.Reason.timedOut(after: .milliseconds(50))
        #expect(try await failure(limits: limits, .nothing) == expected)
        let half = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"
        #expect(try await failure(limits: limits, .send([half])) == expected)
    }

    @Test(arguments: [
        "", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal",
    ])
    func `a connection that ends within the answer is told`(text: String) async throws {
        #expect(try await failure(.sendAndClose(text)) == .closed)
    }

    @Test(arguments: [
        "no HTTP at all\r\n\r\n", "HTTP/1.1 OK\r\n\r\n", "\u{0}\u{1}\u{2}\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ])
    func `what is no answer is told as that`(text: String) async throws {
        guard case .malformed = try await failure(.send([text])) else {
            Issue.record("the answer was taken")
            return
        }
    }

    @Test
    func `a second request while one is under way is refused, and the first goes on`()
        async throws
    {
        let answers = AsyncStream<Void>.makeStream()
        try await ScriptedServer.run(reaction: { seen in
            answers.continuation.yield()
            return seen.head.uri == "/wait" ? .nothing : .send([Self.whole("now")])
        }) { server in
            let client = try await HTTPClient(connectingTo: server.location)
            async let first = client.send(.get("/wait"))
            for await _ in answers.stream { break }
            let error = await #expect(throws: HTTPClientError.self) {
                try await client.send(.get("/now"))
            }
            #expect(error?.reason == .busy)
            #expect(client.isOpen)
            await client.close()
            var reason: HTTPClientError.Reason?
            do { _ = try await first } catch { reason = (error as? HTTPClientError)?.reason }
            #expect(reason == .closed)
        }
    }

    @Test
    func `a cancelled task does not wait for its answer`() async throws {
        let requests = AsyncStream<Void>.makeStream()
        try await ScriptedServer.run(reaction: { _ in
            requests.continuation.yield()
            return .nothing
        }) { server in
            let client = try await HTTPClient(connectingTo: server.location)
            let reason = await withTaskGroup(of: HTTPClientError.Reason?.self) { group in
                group.addTask {
                    do throws(HTTPClientError) {
                        _ = try await client.send(.get("/"))
                        return nil
                    } catch { return error.reason }
                }
                for await _ in requests.stream { break }
                group.cancelAll()
                return await group.next() ?? nil
            }
            #expect(reason == .cancelled)
        }
    }

    @Test
    func `a server that is not there is told with the system's words`() async throws {
        let directory = try TemporaryDirectory()
        let port = try FreePort.find()
        let cases: [(ServerLocation, String)] = [
            (
                .address(ListenAddress(host: "127.0.0.1", port: port)),
                "cannot connect to 127.0.0.1:\(port): Connection refused"
            ),
            (
                .socket(path: directory.path("absent")),
                "cannot connect to \(directory.path("absent")): No such file or directory"
            ),
        ]
        for (location, message) in cases {
            let error = await #expect(throws: HTTPClientError.self) {
                try await HTTPClient.answer(to: .get("/"), from: location)
            }
            #expect(error?.description == message)
        }
        let long = ServerLocation.socket(path: "/" + String(repeating: "x", count: 200))
        let error = await #expect(throws: HTTPClientError.self) {
            try await HTTPClient(connectingTo: long)
        }
        guard case .unreachable = error?.reason else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(arguments: ["", "a", "/a b", "/a\r\nX: y", "/ü", "/\u{0}"])
    func `a path that would break the request is not sent`(path: String) async throws {
        try await ScriptedServer.run(reaction: { _ in .nothing }) { server in
            let client = try await HTTPClient(connectingTo: server.location)
            let error = await #expect(throws: HTTPClientError.self) {
                try await client.send(.get(path))
            }
            #expect(error?.reason == .unusablePath(path))
            #expect(client.isOpen)
            await client.close()
        }
    }

    @Test
    func `segments of a path are encoded`() {
        let path = ClientRequest.path(["api", "v1", "a/b c", "ü\n", "~._-"])
        #expect(path == "/api/v1/a%2Fb%20c/%C3%BC%0A/~._-")
    }
}
