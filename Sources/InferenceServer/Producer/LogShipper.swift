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
    /// Bytes that are taken from the queue at once.
    static let batchBytes = 1 << 16
    /// Bytes of the sidecar's answers that are kept for the log.
    static let maximumAnswerBytes = 512

    private let path: String
    private let producer: String
    private let queue: RecordQueue
    private let progress = Progress()
    private let bell: Bell
    private let logger: Logger

    /// What other threads may know.
    private final class Progress: Sendable {
        let sent = Atomic<UInt64>(0)
        let isConnected = Atomic<Bool>(false)
    }

    /// Names the way of the records.
    ///
    /// - Parameters:
    ///   - path: The sidecar's socket, which need not be there yet.
    ///   - producer: What the hello calls this process.
    ///   - queue: Where the records are.
    ///   - logger: Where it is told how the connection does.
    /// - Throws: `SystemError` when there are no descriptors left.
    package init(
        path: String,
        producer: String,
        queue: RecordQueue,
        logger: Logger
    ) throws(SystemError) {
        self.path = path
        self.producer = producer
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
        return figures
    }

    /// Ships until the shutdown, and then what is left, as far as that is taken in time.
    package func run() async throws {
        let bell = bell
        queue.onWake { bell.ring() }
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await bell.run { stopped in
                var journey = Journey(path: path, producer: producer, logger: logger)
                journey.run(queue, bell, stopped) { state in
                    progress.sent.store(state.recordsSent, ordering: .relaxed)
                    progress.isConnected.store(state.isConnected, ordering: .relaxed)
                }
            }
        } onCancelOrGracefulShutdown: {
            bell.stop()
        }
    }
}

/// The thread's own: does what `ShipperState` decides.
private struct Journey: ~Copyable {
    private var state = ShipperState()
    private var random = SystemRandomNumberGenerator()
    private var socket: ProducerSocket?
    private let start = ContinuousClock.now
    private let path: String
    private let producer: String
    private let session: String
    private var connections = 0
    private let logger: Logger
    private var wasAnswered = false
    private var failureTold: SystemError?

    init(path: String, producer: String, logger: Logger) {
        self.path = path
        self.producer = producer
        self.logger = logger
        session = String(UInt64.random(in: .min ... .max), radix: 16)
    }

    private var now: Duration { start.duration(to: .now) }

    mutating func run(
        _ queue: RecordQueue,
        _ bell: Bell,
        _ stopped: () -> Bool,
        _ publish: (borrowing ShipperState) -> Void
    ) {
        while true {
            if stopped() { state.stop(at: now, by: now + LogShipper.flushTime) }
            switch state.next(at: now) {
            case .connect: connect()
            case .send: send()
            case .fill:
                var lines = state.emptyBatch()
                let leftMore = queue.take(upTo: LogShipper.batchBytes, into: &lines)
                state.filled(lines, leftMore: leftMore, dropped: queue.counts.dropped)
            case .wait(let forRoom, let until): wait(bell, forRoom: forRoom, until: until)
            case .finish:
                finish(queue)
                return publish(state)
            }
            publish(state)
        }
    }

    private mutating func connect() {
        do throws(SystemError) {
            socket = try ProducerSocket(path: path)
            connections += 1
            // A session a connection: without sequence numbers the drops alone are counted by it.
            let hello = Hello(producer: producer, session: "\(session)-\(connections)")
            state.connected(at: now, hello: hello)
            failureTold = nil
            logger.info("connected to the prediction log's socket", metadata: ["socket": "\(path)"])
        } catch {
            fail(error)
        }
    }

    private mutating func send() {
        switch socket?.send(state.outgoing) {
        case .sent(let count): state.sent(count)
        case .full: state.isFull()
        case .broken(let error): fail(error)
        case nil: fail(nil)
        }
    }

    private mutating func wait(_ bell: borrowing Bell, forRoom: Bool, until: Duration?) {
        let interest = socket?.descriptor.interest(forRoom: forRoom)
        let limit = until.map { max($0 - now, .zero) }
        let awakening = bell.wait(for: interest, within: limit)
        if awakening.isReady, !listen() { return fail(nil) }
        state.woke(
            at: now,
            hasRoom: forRoom && awakening.isReady,
            hasRecord: awakening.isRung
        )
    }

    /// Takes what the sidecar says, and tells the first of it: it only speaks to complain.
    ///
    /// - Returns: Whether the connection still stands.
    private mutating func listen() -> Bool {
        guard let bytes = socket?.receive() else { return false }
        if !bytes.isEmpty, !wasAnswered {
            wasAnswered = true
            let text = String(decoding: bytes.prefix(LogShipper.maximumAnswerBytes), as: UTF8.self)
            logger.warning(
                "the sidecar answered on the prediction log's socket",
                metadata: ["answer": "\(text)"]
            )
        }
        return true
    }

    private mutating func fail(_ error: SystemError?) {
        let hadConnection = state.isConnected
        state.failed(at: now, using: &random)
        socket = nil
        let reason = error?.description ?? "closed by the other end"
        if hadConnection {
            logger.warning(
                "the prediction log's socket is gone; trying again",
                metadata: ["socket": "\(path)", "reason": "\(reason)"]
            )
        } else if failureTold != error {
            // Each reason once: the attempts go on for as long as there is nobody.
            failureTold = error
            logger.warning(
                "the prediction log's socket cannot be connected to; trying on",
                metadata: ["socket": "\(path)", "reason": "\(reason)"]
            )
        }
    }

    /// Counts what is left as dropped, and ends the connection.
    private mutating func finish(_ queue: RecordQueue) {
        queue.dropAll()
        queue.countDropped(state.recordsInHand)
        socket = nil
    }
}

extension Int32 {
    /// What to wait for on the socket: always for what the other end says, or for its end.
    fileprivate func interest(forRoom: Bool) -> Interest {
        Interest(self, forRoom ? .either : .input)
    }
}
