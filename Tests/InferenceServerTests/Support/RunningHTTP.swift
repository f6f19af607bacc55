// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HummingbirdCore
import InferenceServer
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import TestSupport

/// A listener on a Unix socket, with Hummingbird behind it.
enum RunningHTTP {
    /// Runs a listener for as long as `body` does, on a socket of the path that it is given.
    ///
    /// `body` may block: it runs on a thread of its own. It is given what starts the shutdown too.
    static func serve<Result: Sendable>(
        _ answerer: Answerer = .echo,
        settings: ConnectionSettings = ConnectionSettings(),
        lifecycle: ServerLifecycle = ServerLifecycle(),
        concurrency: Int = 100,
        _ body:
            @escaping @Sendable (_ path: String, _ shutDown: @Sendable () -> Void) throws -> Result
    ) async throws -> Result {
        let directory = try TemporaryDirectory()
        let path = directory.path("http.sock")
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        let client = NIOThreadPool(numberOfThreads: 1)
        client.start()
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let http = ServerHTTP(
            pipeline: RequestPipeline(
                answerer,
                counters: ServerCounters(),
                concurrency: concurrency
            ),
            settings: settings,
            lifecycle: lifecycle,
            group: group,
            pool: pool,
            logger: logger
        )
        let (running, signal) = AsyncStream.makeStream(of: Void.self)
        let service = http.application(at: .unixDomainSocket(path: path), isAdministrator: false) {
            _ in signal.finish()
        }
        let services = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [service], logger: logger)
        )
        let result = try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await services.run() }
            for await _ in running {}
            let result = try await client.runIfActive {
                try body(path) { Task { await services.triggerGracefulShutdown() } }
            }
            await services.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return result
        }
        try await pool.shutdownGracefully()
        try await client.shutdownGracefully()
        try await group.shutdownGracefully()
        return result
    }
}

/// An answer as a client reads it.
struct ReceivedAnswer: Equatable {
    var status: String
    /// The fields in lower case and in the order of their names, without the time.
    var fields: [String]
    var body: String

    /// Takes the answers of a stream apart, each by its length; HEAD's have none.
    static func all(_ bytes: [UInt8], areHeads: Bool = false) -> [ReceivedAnswer] {
        var answers: [ReceivedAnswer] = []
        var rest = String(decoding: bytes, as: UTF8.self)[...]
        while let end = rest.range(of: "\r\n\r\n") {
            let lines = rest[..<end.lowerBound].components(separatedBy: "\r\n")
            let fields = lines.dropFirst().filter { !$0.lowercased().hasPrefix("date:") }
            rest = rest[end.upperBound...]
            let length =
                fields.first { $0.lowercased().hasPrefix("content-length:") }
                .flatMap { Int($0.split(separator: " ")[1]) } ?? 0
            let body = String(decoding: rest.utf8.prefix(areHeads ? 0 : length), as: UTF8.self)
            rest = rest.dropFirst(body.count)
            answers.append(
                ReceivedAnswer(
                    status: lines[0],
                    fields: fields.map { $0.lowercased() }.sorted(),
                    body: body
                )
            )
        }
        return answers
    }
}
