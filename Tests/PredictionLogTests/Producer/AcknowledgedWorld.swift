// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog
import Synchronization
import TestSupport
import Testing

/// A queue, a shipper that asks for acknowledgements, and the model of a sidecar.
struct AcknowledgedWorld {
    let queue: RecordQueue
    var state: ShipperState
    var sidecar = ModelSidecar()
    var now = Duration.zero
    var isUp = false
    /// Bytes that the socket takes at once, and until there is room again; nil is any number.
    var room: Int?
    /// Bytes of answers that arrive at once.
    var answerBytes = Int.max
    /// Whether the sidecar makes durable at once what it has decided.
    var commitsAtOnce = true
    private(set) var logged = 0
    private(set) var hangUps: [ShipperState.Uselessness] = []
    private(set) var isFinished = false
    /// Records in hand at the end, which were counted as dropped.
    private(set) var givenUp = 0
    private var answers = AnswerReader()
    private var random = SeededGenerator(seed: 1)
    private let bell = Bell()

    private final class Bell: Sendable {
        let isRung = Mutex(false)
    }

    init(queueBytes: Int = 1 << 20, inFlightLimit: Int = 1 << 20) {
        queue = RecordQueue(capacity: queueBytes)
        state = ShipperState(inFlightLimit: inFlightLimit)
        queue.onWake { [bell] in bell.isRung.withLock { $0 = true } }
    }

    /// Logs records, each with the next identifier.
    mutating func log(_ count: Int, padding: Int = 0) {
        for _ in 0..<count {
            let pad = padding > 0 ? ",\"pad\":\"\(String(repeating: "x", count: padding))\"" : ""
            let line = Array("{\"id\":\(logged)\(pad)}\n".utf8)
            queue.append(line.span, records: 1)
            logged += 1
        }
    }

    /// Lets the connection break; the sidecar may live on.
    mutating func breakConnection(kill: Bool) {
        if kill { sidecar.kill() } else { sidecar.disconnect() }
        if state.isConnected { state.failed(at: now, using: &random) }
    }

    mutating func kill() {
        isUp = false
        breakConnection(kill: true)
    }

    mutating func stop(within time: Duration) {
        state.stop(at: now, by: now + time)
    }

    /// Lets time pass, and everybody work.
    mutating func pass(_ time: Duration = .milliseconds(1), times: Int = 1) {
        for _ in 0..<times {
            work()
            now += time
        }
        work()
    }

    private mutating func work() {
        for _ in 0..<10_000 {
            if commitsAtOnce { sidecar.commit() }
            hear()
            switch state.next(at: now) {
            case .connect: connect()
            case .send: send()
            case .fill(let limit):
                var lines = state.emptyBatch()
                let leftMore = queue.take(upTo: limit, into: &lines)
                state.filled(lines, leftMore: leftMore, dropped: queue.counts.dropped)
            case .wait(let forRoom, let until):
                let isRung = bell.isRung.withLock { rung in
                    defer { rung = false }
                    return rung
                }
                let hasRoom = forRoom && room != 0
                guard hasRoom || isRung || until.map({ $0 <= now }) ?? false else { return }
                state.woke(at: now, hasRoom: hasRoom, hasRecord: isRung)
            case .hangUp(let reason):
                hangUps.append(reason)
                sidecar.disconnect()
                state.failed(at: now, using: &random)
            case .finish:
                if !isFinished { finish() }
                return
            }
        }
        Issue.record("the shipper never waits")
    }

    private mutating func connect() {
        guard isUp else { return state.failed(at: now, using: &random) }
        sidecar.connect()
        answers = AnswerReader()
        let hello = Hello(producer: "p", session: "s", wantsAcknowledgement: true)
        state.connected(at: now, hello: hello)
    }

    private mutating func send() {
        let count = min(room ?? .max, state.outgoing.count)
        guard count > 0 else { return state.isFull() }
        sidecar.receive(state.outgoing.prefix(count))
        room = room.map { $0 - count }
        state.sent(count)
    }

    private mutating func hear() {
        guard state.isConnected else { return }
        for answer in answers.read(sidecar.answers(upTo: answerBytes)) {
            state.heard(answer, at: now)
        }
    }

    private mutating func finish() {
        isFinished = true
        sidecar.disconnect()
        queue.dropAll()
        givenUp = state.giveUp()
        queue.countDropped(givenUp)
    }
}
