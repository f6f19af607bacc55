// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
package import NIOPosix

/// A client of one HTTP/1.1 server on one connection, over TCP or a Unix socket.
///
/// The connection stays open between requests; one request at a time is under way on it. Whoever
/// wants more at a time opens more. Nothing is sent twice: a request whose connection ends has
/// failed, and the caller knows whether it may be repeated.
package struct HTTPClient: Sendable {
    /// How long to wait, and how much to take.
    package struct Limits: Sendable, Equatable {
        /// How long connecting may take.
        package var connecting: Duration
        /// How long a whole answer may take, from the sending of its request.
        package var answering: Duration
        /// The largest body of an answer, in bytes.
        package var bodyBytes: Int

        /// Sets the limits.
        package init(
            connecting: Duration = .seconds(2),
            answering: Duration = .seconds(10),
            bodyBytes: Int = 16 << 20
        ) {
            self.connecting = connecting
            self.answering = answering
            self.bodyBytes = bodyBytes
        }
    }

    /// The server at the other end.
    package let server: ServerLocation
    private let channel: any Channel

    /// Connects to a server.
    ///
    /// - Parameters:
    ///   - server: Where it listens.
    ///   - limits: How long to wait for it, and how much to take from it.
    ///   - group: The event loops that one is taken from; those of the process by default.
    /// - Throws: `HTTPClientError`: `.unreachable`, or `.cancelled`.
    package init(
        connectingTo server: ServerLocation,
        limits: Limits = Limits(),
        group: MultiThreadedEventLoopGroup = .singleton
    ) async throws(HTTPClientError) {
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(TimeAmount(limits.connecting))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(ExchangeHandler(server: server, limits: limits))
                }
            }
        self.server = server
        do {
            channel =
                switch server {
                case .address(let address):
                    try await bootstrap.connect(host: address.host, port: address.port).get()
                case .socket(let path):
                    try await bootstrap.connect(unixDomainSocketPath: path).get()
                }
        } catch {
            throw HTTPClientError(.unreachable(ConnectionText.of(error)), server: server)
        }
    }

    /// Whether the server still holds the connection, as far as is known.
    package var isOpen: Bool { channel.isActive }

    /// Sends a request and waits for the whole of its answer.
    ///
    /// - Throws: `HTTPClientError`; after one the connection is closed, unless it was `.busy` or
    ///   `.unusablePath`.
    package func send(_ request: ClientRequest) async throws(HTTPClientError) -> ClientAnswer {
        guard request.hasSoundPath else {
            throw HTTPClientError(.unusablePath(request.path), server: server)
        }
        let promise = channel.eventLoop.makePromise(of: ClientAnswer.self)
        let exchange = HTTPExchange(request: request, answer: promise)
        channel.writeAndFlush(exchange).cascadeFailure(to: promise)
        let channel = channel
        do {
            return try await withTaskCancellationHandler {
                try await promise.futureResult.get()
            } onCancel: {
                channel.close(promise: nil)
            }
        } catch {
            let reason = error as? HTTPClientError.Reason ?? .closed
            let isCancelled = Task.isCancelled && reason == .closed
            throw HTTPClientError(isCancelled ? .cancelled : reason, server: server)
        }
    }

    /// Ends the connection; a request under way fails as `.closed`.
    package func close() async {
        // It fails only when it is closed already.
        try? await channel.close().get()
    }

    /// Connects, sends one request, takes its answer and ends the connection.
    ///
    /// - Throws: `HTTPClientError`.
    package static func answer(
        to request: ClientRequest,
        from server: ServerLocation,
        limits: Limits = Limits()
    ) async throws(HTTPClientError) -> ClientAnswer {
        let client = try await HTTPClient(connectingTo: server, limits: limits)
        do throws(HTTPClientError) {
            let answer = try await client.send(request)
            await client.close()
            return answer
        } catch {
            await client.close()
            throw error
        }
    }
}
