// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Hosting
import Logging
import PredictionLog

/// The shipper's thread: does what `ShipperState` decides.
struct Journey: ~Copyable {
    private var state: ShipperState
    private var random = SystemRandomNumberGenerator()
    private var socket: ProducerSocket?
    private var answers = AnswerReader()
    private let start = ContinuousClock.now
    private let route: LogShipper.Route
    private let session: String
    private var connections = 0
    private let logger: Logger
    private var told = Told()

    /// What the log was told already.
    private struct Told {
        /// Why there was no connection at the last attempt.
        var failure: String?
        var remark = false
        var unsupported = false
        var garbage = false
    }

    init(_ route: LogShipper.Route, logger: Logger) {
        self.route = route
        self.logger = logger
        state = ShipperState(inFlightLimit: route.inFlightLimit)
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
            case .fill(let limit): fill(queue, upTo: limit)
            case .wait(let forRoom, let until): wait(bell, forRoom: forRoom, until: until)
            case .hangUp(let reason): fail(reason.phrase)
            case .finish:
                finish(queue)
                return publish(state)
            }
            publish(state)
        }
    }

    private mutating func connect() {
        do throws(SystemError) {
            socket = try ProducerSocket(path: route.path)
        } catch {
            return fail(error.description)
        }
        connections += 1
        answers = AnswerReader()
        var hello = Hello(producer: route.producer, session: session)
        if state.wantsAcknowledgement {
            hello.wantsAcknowledgement = true
        } else {
            // A session a connection: without sequence numbers the drops alone are counted by it.
            hello.session = "\(session)-\(connections)"
        }
        state.connected(at: now, hello: hello)
        if state.isShipping { tellConnected() }
    }

    private mutating func fill(_ queue: RecordQueue, upTo limit: Int) {
        // While there is always something to send there is no wait that would listen.
        if state.wantsAcknowledgement, !listen() { return fail(Self.closed) }
        var lines = state.emptyBatch()
        let leftMore = queue.take(upTo: limit, into: &lines)
        state.filled(lines, leftMore: leftMore, dropped: queue.counts.dropped)
    }

    private mutating func send() {
        switch socket?.send(state.outgoing) {
        case .sent(let count): state.sent(count)
        case .full: state.isFull()
        case .broken(let error):
            // What was said before the end still counts.
            _ = listen()
            fail(error.description)
        case nil: fail(Self.closed)
        }
    }

    private mutating func wait(_ bell: borrowing Bell, forRoom: Bool, until: Duration?) {
        let interest = socket?.descriptor.interest(forRoom: forRoom)
        let limit = until.map { max($0 - now, .zero) }
        let awakening = bell.wait(for: interest, within: limit)
        if awakening.isReady, !listen() { return fail(Self.closed) }
        state.woke(
            at: now,
            hasRoom: forRoom && awakening.isReady,
            hasRecord: awakening.isRung
        )
    }

    /// Counts what is left as dropped, and ends the connection.
    private mutating func finish(_ queue: RecordQueue) {
        socket = nil
        queue.dropAll()
        let count = state.giveUp()
        queue.countDropped(count)
        if state.wantsAcknowledgement, count > 0 {
            logger.warning(
                "the prediction log ends with records that were not acknowledged",
                metadata: ["socket": "\(route.path)", "records_dropped": "\(count)"]
            )
        }
    }
}

// MARK: - What the sidecar says

extension Journey {
    private static let closed = "closed by the other end"

    /// Takes what the sidecar says; without acknowledgements it only speaks to complain.
    ///
    /// - Returns: Whether the connection still stands.
    private mutating func listen() -> Bool {
        while true {
            guard let bytes = socket?.receive() else { return false }
            if bytes.isEmpty { return true }
            if state.wantsAcknowledgement {
                for answer in answers.read(bytes) { hear(answer) }
            } else {
                let line = bytes.prefix(AnswerReader.toldBytes)
                tellRemark(String(decoding: line, as: UTF8.self))
            }
        }
    }

    private mutating func hear(_ answer: Answer) {
        let wasShipping = state.isShipping
        state.heard(answer, at: now)
        switch answer {
        case .remark(let line): tellRemark(line)
        case .unsupported(let line) where state.isShipping && !told.unsupported:
            told.unsupported = true
            logger.warning(
                "the sidecar gives no acknowledgements; records are sent without",
                metadata: ["answer": "\(line)"]
            )
        case .garbage(let line) where !told.garbage:
            told.garbage = true
            logger.warning(
                "the answer on the prediction log's socket makes no sense",
                metadata: ["socket": "\(route.path)", "answer": "\(line)"]
            )
        case .hello: told.unsupported = false
        case .acknowledgement, .unsupported, .garbage: break
        }
        if state.isShipping, !wasShipping { tellConnected() }
    }
}

// MARK: - The log

extension Journey {
    private mutating func tellConnected() {
        told.failure = nil
        logger.info(
            "connected to the prediction log's socket",
            metadata: ["socket": "\(route.path)"]
        )
    }

    private mutating func tellRemark(_ line: String) {
        guard !told.remark else { return }
        told.remark = true
        logger.warning(
            "the sidecar answered on the prediction log's socket",
            metadata: ["answer": "\(line)"]
        )
    }

    private mutating func fail(_ reason: String) {
        let wasShipping = state.isShipping
        state.failed(at: now, using: &random)
        socket = nil
        if wasShipping {
            logger.warning(
                "the prediction log's socket is gone; trying again",
                metadata: ["socket": "\(route.path)", "reason": "\(reason)"]
            )
        } else if told.failure != reason {
            // Each reason once: the attempts go on for as long as there is nobody.
            told.failure = reason
            logger.warning(
                "the prediction log's socket cannot be connected to; trying on",
                metadata: ["socket": "\(route.path)", "reason": "\(reason)"]
            )
        }
    }
}

extension ShipperState.Uselessness {
    fileprivate var phrase: String {
        switch self {
        case .silent: "the hello was not answered"
        case .senseless: "the answers make no sense"
        }
    }
}

extension Int32 {
    /// What to wait for on the socket: always for what the other end says, or for its end.
    fileprivate func interest(forRoom: Bool) -> Interest {
        Interest(self, forRoom ? .either : .input)
    }
}
