// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting
import Synchronization

/// The demo's clients: several connections to the server, each with one request under way.
struct DemoClients: Sendable {
    private static let connections = 8

    /// What the clients have met.
    struct Tally: Sendable {
        /// Requests answered with a prediction.
        var answered = 0
        /// Requests that were not.
        var refused = 0
        /// The first answer that was no prediction.
        var firstRefusal: ClientAnswer?
    }

    let server: ServerLocation
    private let counted = Shared()

    init(of server: ServerLocation) {
        self.server = server
    }

    /// What the clients have met so far.
    var tally: Tally { counted.tally.withLock { $0 } }

    /// Sends all of a feed.
    ///
    /// - Throws: `HTTPClientError`, `TableSourceError`, or `CancellationError`.
    func send(_ feed: FlightFeed) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<Self.connections {
                group.addTask { try await sendOnOneConnection(feed) }
            }
            try await group.waitForAll()
        }
    }

    private func sendOnOneConnection(_ feed: FlightFeed) async throws {
        let client = try await HTTPClient(connectingTo: server)
        while let item = try await feed.next() {
            if item.due > .now { try await Task.sleep(until: item.due) }
            count(try await client.send(.post("/predict", json: item.body)))
        }
        await client.close()
    }

    private func count(_ answer: ClientAnswer) {
        counted.tally.withLock { tally in
            if answer.isSuccess {
                tally.answered += 1
            } else {
                tally.refused += 1
                if tally.firstRefusal == nil { tally.firstRefusal = answer }
            }
        }
    }

    private final class Shared: Sendable {
        let tally = Mutex(Tally())
    }
}
