// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What the shipper of the prediction log does next: all of its decisions, none of its I/O.
///
/// A driver asks `next(at:)`, does what it says and tells the outcome. Times are durations since
/// any fixed moment.
///
/// - A line that went out only in part is sent whole on the next connection.
/// - Without acknowledgements what the socket took is done with, and each connection is a session
///   of its own to the sidecar: `dropped` counts from its hello on, so that a reconnection counts
///   no drop twice.
/// - With them the session is the process. Nothing follows the hello until it is answered; lines
///   are numbered and kept until they are acknowledged, and what was not is sent again on the next
///   connection; `dropped` is told anew on each. When as much is kept as may be, nothing is taken
///   from the queue. A sidecar that gives none is sent to without, until the next connection.
/// - Stopping, it sends what there is, and waits for what it is owed, until a deadline. Without a
///   connection it tries once more.
package struct ShipperState: Sendable {
    /// What the driver is to do.
    package enum Step: Sendable, Equatable {
        /// Connect, then say `connected` or `failed`.
        case connect
        /// Send some of `outgoing`, then say `sent`, `isFull` or `failed`.
        case send
        /// Take lines from the queue, of so many bytes at most, then say `filled`.
        case fill(upTo: Int)
        /// Wait until the socket has room, or a record comes, or the time has come; nil is never.
        case wait(forRoom: Bool, until: Duration?)
        /// Close the connection, which is of no use, then say `failed`.
        case hangUp(Uselessness)
        /// Close the connection, if there is one; there is nothing more to do.
        case finish
    }

    /// Why a connection is of no use.
    package enum Uselessness: Sendable, Equatable {
        /// The hello was not answered in time.
        case silent
        /// What the other end says makes no sense.
        case senseless
    }

    /// How long a record may wait for others, so that they share a system call.
    ///
    /// Longer waits make fewer calls, and bursts that take a core from the sidecar's neighbours for
    /// longer than their requests wait anyway (Benchmarks, logging).
    package static let linger = Duration.milliseconds(2)

    /// How long an answer to the hello may take.
    package static let greetingTime = Duration.seconds(5)
    /// Bytes that are taken from the queue at once.
    package static let batchBytes = 1 << 16

    private enum Phase: Sendable, Equatable {
        case away(until: Duration)
        /// The hello is said, and is to be answered.
        case greeting(until: Duration)
        case connected(since: Duration)
        case useless
        case finished
    }

    private enum Need: Sendable, Equatable {
        case nothing
        case room
        case record
        case company(until: Duration)
        /// Company for the records that come next, from now on.
        case rest
        case acknowledgement
    }

    private var phase = Phase.away(until: .zero)
    private var need = Need.nothing
    private var backoff: Backoff
    private var stopAt: Duration?
    /// Hello and drop reports, which go before the records and are made anew for a connection.
    private var preamble = Outgoing()
    /// The records on their way out; in their place the memory of those taken last, when they are
    /// kept in flight.
    private var batch = Outgoing()
    private var inFlight = InFlight()
    /// The most bytes in flight; nil when no acknowledgements are wanted.
    private let inFlightLimit: Int?
    /// Whether the sidecar of this connection gives acknowledgements.
    private var isAcknowledged = false
    /// Drops that the sidecar was told of up to now, up to this connection, and by the preamble.
    private var dropsTold: UInt64 = 0
    private var dropsToldBefore: UInt64 = 0
    private var dropsInPreamble: UInt64?
    /// Records that the socket took whole; one that was sent again counts again.
    package private(set) var recordsSent: UInt64 = 0

    /// Is not connected, and will be at once.
    ///
    /// - Parameters:
    ///   - backoff: How attempts to connect follow each other.
    ///   - inFlightLimit: Asks for acknowledgements, and keeps so many bytes of lines for them at
    ///     most, but for the numbers in the last batch and a line that is longer than a batch.
    package init(backoff: Backoff = Backoff(), inFlightLimit: Int? = nil) {
        self.backoff = backoff
        self.inFlightLimit = inFlightLimit
    }

    /// Whether acknowledgements are wanted.
    package var wantsAcknowledgement: Bool { inFlightLimit != nil }

    /// Whether there is a connection.
    package var isConnected: Bool {
        switch phase {
        case .greeting, .connected, .useless: true
        case .away, .finished: false
        }
    }

    /// Whether there is a connection on which records are sent.
    package var isShipping: Bool {
        if case .connected = phase { true } else { false }
    }

    /// What is to be sent now.
    package var outgoing: ArraySlice<UInt8> {
        if !preamble.rest.isEmpty || !isShipping { return preamble.rest }
        return wantsAcknowledgement ? inFlight.outgoing : batch.rest
    }

    /// Records that were acknowledged.
    package var recordsAcknowledged: UInt64 { inFlight.acknowledged }

    /// Bytes that are kept for their acknowledgement.
    package var bytesInFlight: Int { inFlight.bytes }

    /// What to do at a moment.
    package mutating func next(at now: Duration) -> Step {
        if let stopAt, now >= stopAt { phase = .finished }
        switch phase {
        case .finished: return .finish
        case .useless: return .hangUp(.senseless)
        case .away(let until):
            return now >= until ? .connect : .wait(forRoom: false, until: until)
        case .greeting(let until):
            if now >= until { return .hangUp(.silent) }
            guard outgoing.isEmpty || need == .room else { return .send }
            return .wait(forRoom: need == .room, until: min(until, stopAt ?? until))
        case .connected: return nextOfConnection(at: now)
        }
    }

    private mutating func nextOfConnection(at now: Duration) -> Step {
        if need == .rest { need = .company(until: now + Self.linger) }
        switch need {
        case .room: return .wait(forRoom: true, until: stopAt)
        case .company(let until) where stopAt == nil && now < until:
            return .wait(forRoom: false, until: until)
        case .record where stopAt == nil: return .wait(forRoom: false, until: nil)
        case .acknowledgement: return .wait(forRoom: false, until: stopAt)
        case .record, .company, .rest, .nothing: break
        }
        need = .nothing
        guard outgoing.isEmpty else { return .send }
        guard let inFlightLimit else { return .fill(upTo: Self.batchBytes) }
        // Several batches fit, so that the next are sent while the first is made durable.
        let batch = min(Self.batchBytes, inFlightLimit / 4)
        guard inFlight.count == 0 || inFlight.bytes + batch <= inFlightLimit else {
            need = .acknowledgement
            return .wait(forRoom: false, until: stopAt)
        }
        return .fill(upTo: batch)
    }
}

extension ShipperState {
    /// A connection stands, on which the hello is said first.
    package mutating func connected(at now: Duration, hello: Hello) {
        need = .nothing
        if wantsAcknowledgement {
            phase = .greeting(until: now + Self.greetingTime)
            dropsTold = 0
        } else {
            phase = .connected(since: now)
        }
        dropsToldBefore = dropsTold
        var writer = RecordWriter()
        writer.append(hello)
        preamble = Outgoing(bytes: writer.bytes)
    }

    /// The sidecar has said something, which is of interest only if acknowledgements are wanted.
    package mutating func heard(_ answer: Answer, at now: Duration) {
        guard wantsAcknowledgement, isConnected else { return }
        switch answer {
        case .remark: break
        case .hello(let number) where isGreeted && inFlight.acknowledge(through: number):
            isAcknowledged = true
            phase = .connected(since: now)
        case .unsupported where isGreeted:
            isAcknowledged = false
            phase = .connected(since: now)
        case .acknowledgement(let number)
        where isShipping && isAcknowledged && inFlight.acknowledge(through: number):
            if need == .acknowledgement { need = .nothing }
        case .hello, .unsupported, .acknowledgement, .garbage: phase = .useless
        }
    }

    /// Whether the hello was said, and not answered yet.
    private var isGreeted: Bool {
        if case .greeting = phase { preamble.rest.isEmpty } else { false }
    }

    /// There is no connection: it could not be made, or it broke.
    package mutating func failed(
        at now: Duration,
        using random: inout some RandomNumberGenerator
    ) {
        // A peer that takes connections only to close them is not back yet.
        if case .connected(let since) = phase, now - since >= backoff.last { backoff.reset() }
        // Nobody there, and no time to wait for somebody.
        let isLast = stopAt != nil && !isConnected
        phase = isLast ? .finished : .away(until: now + backoff.next(using: &random))
        need = .nothing
        preamble = Outgoing()
        dropsInPreamble = nil
        batch.rewindToLine()
        inFlight.rewind()
    }

    /// The socket took bytes of `outgoing`.
    package mutating func sent(_ count: Int) {
        guard preamble.rest.isEmpty else {
            preamble.advance(by: count)
            if preamble.rest.isEmpty { dropsTold = dropsInPreamble ?? dropsTold }
            return
        }
        if wantsAcknowledgement {
            recordsSent += UInt64(inFlight.advance(by: count))
            if !isAcknowledged { inFlight.release() }
        } else {
            batch.advance(by: count)
            if batch.rest.isEmpty { recordsSent += UInt64(batch.lines) }
        }
        // While records come, each batch is what came in a linger, and nobody rings.
        if outgoing.isEmpty, !batch.leftMore { need = .rest }
    }

    /// The socket has no room.
    package mutating func isFull() {
        need = .room
    }

    /// A wait is over: the socket has room, a record has come, or neither and the time is over.
    package mutating func woke(at now: Duration, hasRoom: Bool, hasRecord: Bool) {
        if need == .room, hasRoom { need = .nothing }
        if need == .record, hasRecord { need = .company(until: now + Self.linger) }
    }

    /// The queue gave lines, or had none.
    ///
    /// - Parameters:
    ///   - lines: Whole lines, in the order in which they are to be sent.
    ///   - leftMore: Whether there are more in the queue.
    ///   - dropped: Records that were dropped up to now, on every connection and without.
    package mutating func filled(_ lines: [UInt8], leftMore: Bool, dropped: UInt64) {
        batch = Outgoing(bytes: lines, leftMore: leftMore)
        if wantsAcknowledgement {
            inFlight.add(lines)
            batch.advance(by: lines.count)
        }
        if dropped > dropsTold {
            var writer = RecordWriter()
            writer.append(dropped: dropped - dropsToldBefore)
            preamble = Outgoing(bytes: writer.bytes)
            dropsInPreamble = dropped
        }
        guard outgoing.isEmpty else { return }
        need = .record
        guard stopAt != nil else { return }
        if inFlight.count == 0 { phase = .finished } else { need = .acknowledgement }
    }

    /// The memory of the batch that was taken last, for the next one; none before it was sent.
    package mutating func emptyBatch() -> [UInt8] {
        guard batch.rest.isEmpty else { return [] }
        var bytes = batch.bytes
        batch = Outgoing()
        bytes.removeAll(keepingCapacity: true)
        return bytes
    }

    /// Everything is to end, by a deadline even if there is more to send.
    package mutating func stop(at now: Duration, by deadline: Duration) {
        guard stopAt == nil else { return }
        stopAt = deadline
        if case .away = phase { phase = .away(until: now) }
    }

    /// Records in hand that were not sent; with acknowledgements, those that were not acknowledged.
    package var recordsInHand: Int { wantsAcknowledgement ? inFlight.count : batch.linesLeft }

    /// Lets go of the records in hand.
    ///
    /// - Returns: How many there were.
    package mutating func giveUp() -> Int {
        let count = recordsInHand
        batch = Outgoing()
        inFlight.removeAll()
        return count
    }
}
