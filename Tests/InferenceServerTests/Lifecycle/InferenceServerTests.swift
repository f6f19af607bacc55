// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hosting
import InferenceServer
import Logging
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

/// A client that is a service: when it has done its work, the server ends.
private struct Client: Service {
    let server: InferenceServer
    let work: @Sendable (ListenAddress) async throws -> Void

    func run() async throws {
        try await eventuallyWithoutBlocking("it serves") { server.lifecycle.address != nil }
        if let address = server.lifecycle.address.flatMap(ListenAddress.init) {
            try await work(address)
        }
    }
}

/// Runs a server over the models of a repository for as long as `work` does.
private func serve(
    _ sample: SampleRepository,
    _ change: (inout ServerSettings) -> Void = { _ in },
    _ work: @escaping @Sendable (ListenAddress) async throws -> Void
) async throws {
    var settings = ServerSettings()
    settings.models = sample.directory.path("models")
    settings.state = sample.directory.path("state")
    settings.listen.port = 0
    settings.threads = 1
    settings.drain = .zero
    change(&settings)
    let server = try InferenceServer(
        settings: settings,
        build: BuildInfo(version: "1.2.3", revision: "abc"),
        logger: sample.log.logger
    )
    try await server.run(with: [Client(server: server, work: work)])
}

private func text(_ answer: ClientAnswer) -> String {
    String(decoding: answer.body, as: UTF8.self)
}

struct InferenceServerTests {
    @Test
    func `predicts, counts and ends when it is told to`() async throws {
        let sample = try SampleRepository()
        try sample.publish("one/1", "constant-1")
        let pages = Mutex<[String]>([])
        try await serve(sample) { address in
            let server = ServerLocation.address(address)
            let client = try await HTTPClient(connectingTo: server)
            let bad = try await client.send(.post("/predict", json: Array("{".utf8)))
            let ready = try await client.send(.get("/ready"))
            let metrics = try await client.send(.get("/metrics"))
            pages.withLock { $0 = ["\(bad.status)", "\(ready.status)", text(metrics)] }
            await client.close()
        }
        let seen = pages.withLock(\.self)
        #expect(seen.prefix(2) == ["422", "200"])
        let check = ExpositionCheck(try #require(seen.last), dialect: .text)
        #expect(check.faults == [])
        #expect(check.value("prediction_errors_total", ["reason": "json_invalid"]) == 1)
        #expect(sample.log.lines(with: "stopped").count == 1)
    }

    @Test
    func `changes of state go over the admin socket, and over the network with a token`()
        async throws
    {
        let sample = try SampleRepository()
        try sample.publish("one/1", "constant-1")
        let token = try sample.directory.write("s3cret", to: "token")
        let socket = AdminSocket.path(inState: sample.directory.path("state"))
        let statuses = Mutex<[Int]>([])
        let mode = Mutex<Int?>(nil)
        let request = ClientRequest.post("/v2/repository/models/one/load", json: [])
        try await serve(sample, { $0.tokenFile = token }) { address in
            let network = ServerLocation.address(address)
            var authorized = request
            authorized.fields.append(ClientRequest.Field("Authorization", "Bearer s3cret"))
            var wrong = request
            wrong.fields.append(ClientRequest.Field("Authorization", "Bearer s3cre"))
            let answers = [
                try await HTTPClient.answer(to: request, from: network),
                try await HTTPClient.answer(to: wrong, from: network),
                try await HTTPClient.answer(to: authorized, from: network),
                try await HTTPClient.answer(to: request, from: .socket(path: socket)),
            ]
            statuses.withLock { $0 = answers.map(\.status) }
            let attributes = try FileManager.default.attributesOfItem(atPath: socket)
            mode.withLock { $0 = attributes[.posixPermissions] as? Int }
        }
        #expect(statuses.withLock(\.self) == [401, 403, 200, 200])
        #expect(mode.withLock(\.self) == 0o600)
        #expect(!FileManager.default.fileExists(atPath: socket))
    }

    @Test
    func `a drain says so at once and goes on serving`() async throws {
        let sample = try SampleRepository()
        try sample.publish("one/1", "constant-1")
        var settings = ServerSettings()
        settings.models = sample.directory.path("models")
        settings.listen.port = 0
        settings.threads = 1
        settings.drain = .seconds(2)
        let server = try InferenceServer(
            settings: settings,
            build: BuildInfo(version: "1", revision: ""),
            logger: sample.log.logger
        )
        let running = Task { try await server.run(with: [Client(server: server) { _ in }]) }
        try await eventuallyWithoutBlocking("it drains") { server.lifecycle.isDraining }
        let address = try #require(server.lifecycle.address.flatMap(ListenAddress.init))
        let location = ServerLocation.address(address)
        let ready = try await HTTPClient.answer(to: .get("/ready"), from: location)
        let health = try await HTTPClient.answer(to: .get("/health"), from: location)
        #expect(ready.status == 503)
        #expect(health.status == 200)
        try await running.value
        await #expect(throws: HTTPClientError.self) {
            try await HTTPClient.answer(to: .get("/health"), from: location)
        }
    }

    @Test
    func `a port in use is told, and ends everything`() async throws {
        let sample = try SampleRepository()
        try sample.publish("one/1", "constant-1")
        let failure = Mutex<String?>(nil)
        try await serve(sample) { address in
            let other = try SampleRepository()
            try other.publish("one/1", "constant-1")
            do {
                try await serve(other, { $0.listen = address }) { _ in }
            } catch {
                failure.withLock { $0 = "\(error)" }
            }
        }
        #expect(failure.withLock(\.self)?.contains("cannot listen on 127.0.0.1") == true)
    }
}
