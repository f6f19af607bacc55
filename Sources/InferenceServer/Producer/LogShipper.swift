// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Hosting
package import Logging
package import PredictionLog
import ServiceLifecycle
import Synchronization

/// Brings records from the queue to the sidecar's socket, on a thread of its own: whatever the
/// sidecar does, only that thread waits for it.
package struct LogShipper: Service {
    /// How long the last records may take at the shutdown.
    package static let flushTime = Duration.seconds(2)

    private let route: Route
    private let queue: RecordQueue
    private let progress = Progress()
    private let bell: Bell
    private let logger: Logger

    /// What other threads may know.
    private final class Progress: Sendable {
        let sent = Atomic<UInt64>(0)
        let isConnected = Atomic<Bool>(false)
        let acknowledged = Atomic<UInt64>(0)
        let inFlight = Atomic<Int>(0)
        let bytesInFlight = Atomic<Int>(0)

        func publish(_ state: borrowing ShipperState) {
            sent.store(state.recordsSent, ordering: .relaxed)
            isConnected.store(state.isConnected, ordering: .relaxed)
            guard state.wantsAcknowledgement else { return }
            acknowledged.store(state.recordsAcknowledged, ordering: .relaxed)
            inFlight.store(state.recordsInHand, ordering: .relaxed)
            bytesInFlight.store(state.bytesInFlight, ordering: .relaxed)
        }
    }

    /// Where records go, and how.
    struct Route: Sendable {
        let path: String
        let producer: String
        /// The most bytes that are kept for their acknowledgement; nil wants none.
        let inFlightLimit: Int?
    }

    /// Names the way of the records.
    ///
    /// - Parameters:
    ///   - path: The sidecar's socket, which need not be there yet.
    ///   - producer: What the hello calls this process.
    ///   - queue: Where the records are.
    ///   - inFlightLimit: Keeps records until the sidecar acknowledges that they are durable, so
    ///     many bytes of them at most, and sends them again after a lost connection; nil does not.
    ///   - logger: Where it is told how the connection does.
    /// - Throws: `SystemError` when there are no descriptors left.
    package init(
        path: String,
        producer: String,
        queue: RecordQueue,
        inFlightLimit: Int? = nil,
        logger: Logger
    ) throws(SystemError) {
        route = Route(path: path, producer: producer, inFlightLimit: inFlightLimit)
        self.queue = queue
        self.logger = logger
        bell = try Bell()
    }

    /// What was done up to now.
    package var figures: LogFigures {
        var figures = LogFigures()
        let counts = queue.counts
        figures.sent = progress.sent.load(ordering: .relaxed)
        figures.dropped = counts.dropped
        figures.queuedBytes = counts.bytes
        figures.isConnected = progress.isConnected.load(ordering: .relaxed)
        if route.inFlightLimit != nil {
            figures.acknowledgements = LogFigures.Acknowledgements(
                acknowledged: progress.acknowledged.load(ordering: .relaxed),
                outstanding: progress.inFlight.load(ordering: .relaxed),
                outstandingBytes: progress.bytesInFlight.load(ordering: .relaxed)
            )
        }
        return figures
    }

    /// Ships until the shutdown, and then what is left, as far as that is taken in time.
    package func run() async throws {
        let bell = bell
        queue.onWake { bell.ring() }
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await bell.run { stopped in
                var journey = Journey(route, logger: logger)
                journey.run(queue, bell, stopped) { progress.publish($0) }
            }
        } onCancelOrGracefulShutdown: {
            bell.stop()
        }
    }
}
