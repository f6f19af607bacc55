// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import InferenceServer
import NIOCore
import TestSupport
import Testing

/// Requests that are sent down both ways, each the last but one of its connection.
private let requests = [
    post("/predict", "[1,2,3]", "Content-Type: application/json"),
    post("/predict", "{}", "Connection: keep-alive", "Accept: */*", "Accept-Encoding: gzip"),
    post("/predict", ""),
    post("/predict/batch", "[1]"),
    post("/invocations", String(repeating: "7", count: 5_000)),
    post("/v2/models/delay/infer", "{}", "Inference-Header-Content-Length: 2"),
    post("/v2/models/de%20lay/versions/1/infer", "{}"),
    post("/predict", "1", "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    post("/predict", "1", "Content-Encoding: identity"),
    post("/predict", "1", "CONTENT-TYPE: text/PLAIN; charset=utf-8"),
]

/// Requests that only one of the ways takes, whatever is tried.
private let oddRequests = [
    "GET /predict HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST /predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "2\r\n[1\r\n1\r\n]\r\n0\r\n\r\n",
    "POST /predict?x=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n[]",
    post("/none", "x"),
]

private let last = "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

private func answers(
    to requests: [String],
    settings: ConnectionSettings
) async throws -> [[ReceivedAnswer]] {
    try await RunningHTTP.serve(settings: settings) { path, _ in
        try requests.map { request in
            let client = try UnixClient(path)
            try client.send(request + last)
            return ReceivedAnswer.all(client.receiveToEnd())
        }
    }
}

struct BothWaysTests {
    @Test
    func `the same requests down both ways get the same answers`() async throws {
        var allOn = ConnectionSettings()
        allOn.plainBodyBytes = -1
        let here = try await answers(to: requests + oddRequests, settings: ConnectionSettings())
        let there = try await answers(to: requests + oddRequests, settings: allOn)
        for (request, (here, there)) in zip(requests + oddRequests, zip(here, there)) {
            #expect(here == there, "\(request)")
            #expect(here.count == 2, "\(request)")
            #expect(here.last?.fields.contains("connection: close") == true)
        }
    }

    @Test
    func `HEAD has the fields of GET and no body`() async throws {
        let head = "HEAD /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        let (bytes, full) = try await RunningHTTP.serve { path, _ in
            let (client, other) = (try UnixClient(path), try UnixClient(path))
            try client.send(head)
            try other.send(head.replacing("HEAD", with: "GET"))
            return (client.receiveToEnd(), other.receiveToEnd())
        }
        #expect(bytes.suffix(4).elementsEqual("\r\n\r\n".utf8))
        let answer = try #require(ReceivedAnswer.all(bytes, areHeads: true).first)
        let fullAnswer = try #require(ReceivedAnswer.all(full).first)
        #expect(fullAnswer.body == "GET /health||")
        #expect(answer.fields == fullAnswer.fields.map { $0.replacing("13", with: "14") })
    }

    @Test(arguments: UInt64(1)...6)
    func `pipelined requests of both kinds are answered in order`(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let texts = (0..<200).map { number in
            Bool.random(using: &random)
                ? post("/predict", "\(number)") : post("/other", "\(number)")
        }
        let stream = Array((texts.joined() + last).utf8)
        var cuts = (0..<20).map { _ in Int.random(in: 0...stream.count, using: &random) }
        cuts = [0] + cuts.sorted() + [stream.count]
        let pieces = zip(cuts, cuts.dropFirst()).map { Array(stream[$0..<$1]) }
        let bytes = try await RunningHTTP.serve { path, _ in
            let client = try UnixClient(path)
            for piece in pieces { try client.send(piece) }
            return client.receiveToEnd()
        }
        let numbers = ReceivedAnswer.all(bytes).map { $0.body.split(separator: "|").last ?? "" }
        #expect(numbers.dropLast() == (0..<200).map { "\($0)" }[...])
    }

    @Test
    func `the shutdown finishes what is under way, with answers that say so`() async throws {
        let request = post("/predict", "12345")
        let (bytes, idle) = try await RunningHTTP.serve { path, shutDown in
            let (busy, idle) = (try UnixClient(path), try UnixClient(path))
            try idle.send(post("/predict", "1"))
            try busy.send(String(request.dropLast(3)))
            // Two connections are taken in the order in which they were made.
            try busy.send("")
            shutDown()
            let rest = idle.receiveToEnd()
            try busy.send("345")
            return (busy.receiveToEnd(), rest)
        }
        let answer = try #require(ReceivedAnswer.all(bytes).first)
        #expect(answer.body == "POST /predict||12345")
        #expect(answer.fields.contains("connection: close"))
        #expect(ReceivedAnswer.all(idle).count == 1)
    }

    @Test
    func `an answer survives a client that still sends`() async throws {
        var settings = ConnectionSettings()
        settings.bodyBytes = 1_000
        settings.plainBodyBytes = 1_000
        let bytes = try await RunningHTTP.serve(settings: settings) { path, _ in
            let client = try UnixClient(path)
            try client.send("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
            // The server has refused by now, and reads on only to throw away.
            try client.send([UInt8](repeating: 0x31, count: 500_000))
            return client.receiveToEnd()
        }
        #expect(ReceivedAnswer.all(bytes).map(\.status) == ["HTTP/1.1 413 Payload Too Large"])
    }

    @Test
    func `garbage never ends more than its own connection`() async throws {
        let bytes = try await RunningHTTP.serve { path, _ in
            var random = SeededGenerator(seed: 11)
            for _ in 0..<100 {
                let client = try UnixClient(path)
                let request = Array(post("/predict", "[1,2]").utf8)
                var damaged = request
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    let place = Int.random(in: damaged.indices, using: &random)
                    damaged[place] = UInt8.random(in: 0...255, using: &random)
                }
                try? client.send(damaged)
            }
            let client = try UnixClient(path)
            try client.send(post("/predict", "1") + last)
            return client.receiveToEnd()
        }
        #expect(ReceivedAnswer.all(bytes).map(\.body) == ["POST /predict||1", "GET /last||"])
    }
}
