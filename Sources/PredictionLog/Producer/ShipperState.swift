// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What the shipper of the prediction log does next: all of its decisions, none of its I/O.
///
/// A driver asks `next(at:)`, does what it says and tells the outcome. Times are durations since
/// any fixed moment. Records are fire-and-forget: what the socket took counts as sent.
///
/// - A line that went out only in part is sent whole on the next connection.
/// - Each connection is a session of its own to the sidecar: `dropped` counts from its hello on, so
///   that a reconnection counts no drop twice.
/// - Stopping, it sends what there is until a deadline. Without a connection it tries once more.
package struct ShipperState: Sendable {
    /// What the driver is to do.
    package enum Step: Sendable, Equatable {
        /// Connect, then say `connected` or `failed`.
        case connect
        /// Send some of `outgoing`, then say `sent`, `isFull` or `failed`.
        case send
        /// Take lines from the queue, then say `filled`.
        case fill
        /// Wait until the socket has room, or a record comes, or the time has come; nil is never.
        case wait(forRoom: Bool, until: Duration?)
        /// Close the connection, if there is one; there is nothing more to do.
        case finish
    }

    /// How long a record may wait for others, so that they share a system call.
    ///
    /// Longer waits make fewer calls, and bursts that take a core from the sidecar's neighbours for
    /// longer than their requests wait anyway (Benchmarks, logging).
    package static let linger = Duration.milliseconds(2)

    private enum Phase: Sendable, Equatable {
        case away(until: Duration)
        case connected(since: Duration)
        case finished
    }

    private enum Need: Sendable, Equatable {
        case nothing
        case room
        case record
        case company(until: Duration)
        /// Company for the records that come next, from now on.
        case rest
    }

    private var phase = Phase.away(until: .zero)
    private var need = Need.nothing
    private var backoff: Backoff
    private var stopAt: Duration?
    /// Hello and drop reports, which go before the records and are made anew for a connection.
    private var preamble = Outgoing()
    private var batch = Outgoing()
    /// Drops that the sidecar was told of up to now, up to this connection, and by the preamble.
    private var dropsTold: UInt64 = 0
    private var dropsToldBefore: UInt64 = 0
    private var dropsInPreamble: UInt64?
    /// Records that the socket took whole.
    package private(set) var recordsSent: UInt64 = 0

    /// Is not connected, and will be at once.
    package init(backoff: Backoff = Backoff()) {
        self.backoff = backoff
    }

    /// Whether there is a connection.
    package var isConnected: Bool {
        if case .connected = phase { true } else { false }
    }

    /// What is to be sent now.
    package var outgoing: ArraySlice<UInt8> {
        preamble.rest.isEmpty ? batch.rest : preamble.rest
    }

    /// What to do at a moment.
    package mutating func next(at now: Duration) -> Step {
        if let stopAt, now >= stopAt { phase = .finished }
        switch phase {
        case .finished: return .finish
        case .away(let until):
            return now >= until ? .connect : .wait(forRoom: false, until: until)
        case .connected: break
        }
        if need == .rest { need = .company(until: now + Self.linger) }
        switch need {
        case .room: return .wait(forRoom: true, until: stopAt)
        case .company(let until) where stopAt == nil && now < until:
            return .wait(forRoom: false, until: until)
        case .record where stopAt == nil: return .wait(forRoom: false, until: nil)
        case .record, .company, .rest, .nothing: break
        }
        need = .nothing
        return outgoing.isEmpty ? .fill : .send
    }
}

extension ShipperState {
    /// A connection stands, on which the hello is said first.
    package mutating func connected(at now: Duration, hello: Hello) {
        phase = .connected(since: now)
        need = .nothing
        dropsToldBefore = dropsTold
        var writer = RecordWriter()
        writer.append(hello)
        preamble = Outgoing(bytes: writer.bytes)
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
    }

    /// The socket took bytes of `outgoing`.
    package mutating func sent(_ count: Int) {
        guard preamble.rest.isEmpty else {
            preamble.advance(by: count)
            if preamble.rest.isEmpty { dropsTold = dropsInPreamble ?? dropsTold }
            return
        }
        batch.advance(by: count)
        if batch.rest.isEmpty {
            recordsSent += UInt64(batch.lines)
            // While records come, each batch is what came in a linger, and nobody rings.
            if !batch.leftMore { need = .rest }
        }
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
        if dropped > dropsTold {
            var writer = RecordWriter()
            writer.append(dropped: dropped - dropsToldBefore)
            preamble = Outgoing(bytes: writer.bytes)
            dropsInPreamble = dropped
        }
        guard outgoing.isEmpty else { return }
        need = .record
        if stopAt != nil { phase = .finished }
    }

    /// The memory of the batch that was sent, for the next one; before that there is none.
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

    /// Records in hand that were not sent.
    package var recordsInHand: Int { batch.linesLeft }
}

/// Bytes on their way out, in lines.
private struct Outgoing: Sendable {
    let bytes: [UInt8]
    let lines: Int
    /// Whether the queue had more than these.
    let leftMore: Bool
    private var start = 0

    init(bytes: [UInt8] = [], leftMore: Bool = false) {
        self.bytes = bytes
        self.leftMore = leftMore
        lines = Self.lines(bytes[...])
    }

    var rest: ArraySlice<UInt8> { bytes[start...] }

    var linesLeft: Int { Self.lines(rest) }

    mutating func advance(by count: Int) {
        start = min(start + max(0, count), bytes.count)
    }

    /// Goes back to where the line began that was sent in part.
    mutating func rewindToLine() {
        start = bytes[..<start].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    }

    private static func lines(_ bytes: ArraySlice<UInt8>) -> Int {
        var count = 0
        ByteView.withView(of: bytes.span) { view in
            var offset = 0
            while let newline = view.newline(from: offset) {
                count += 1
                offset = newline + 1
            }
        }
        return count
    }
}
