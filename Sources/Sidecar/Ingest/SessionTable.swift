// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Journal
package import PredictionLog

/// The sessions of producers: how far each has come, what of it is durable, and who is to be told.
///
/// A pure state machine. A session outlives its connections, and with a journal the process: what
/// is sent again is recognised by its number, and what a producer has dropped is counted once.
package struct SessionTable: Sendable {
    /// How long a session without a connection is remembered, in seconds.
    package static let lifetime = 86_400.0
    /// Sessions remembered at most; the one that was silent the longest makes room.
    package static let limit = 4_096
    /// Bytes of a session's or a producer's name that are kept.
    package static let nameBytes = 256

    /// Names a connection for as long as it is open.
    package typealias Connection = UInt64

    /// What is to be told to a connection.
    package enum Message: Sendable, Equatable {
        /// The answer to its hello: everything up to this number is decided and durable.
        case hello(UInt64)
        /// Everything up to this number is decided and durable.
        case acknowledge(UInt64)
        /// Another connection has taken the session over: read out what was sent, and end.
        case superseded
        /// What comes next may be read: the session is this connection's now, and stands there.
        case proceed(decided: UInt64, dropped: UInt64)
        /// The hello may be handed in again: now it is known where sessions stand.
        case greetAgain
        /// There is room again for what waits to be kept.
        case resume
        /// Nothing more is owed: the connection may be closed.
        case finished
    }

    /// What is to be told to whom.
    package struct Delivery: Sendable, Equatable {
        /// The connection.
        package let connection: Connection
        /// The message.
        package let message: Message

        /// Addresses a message.
        package init(connection: Connection, message: Message) {
            self.connection = connection
            self.message = message
        }
    }

    /// What becomes of a hello.
    package struct Opening: Sendable, Equatable {
        /// Where the session stands; nil for a connection whose numbers mean nothing.
        package var decided: UInt64?
        /// The records that it has said to have dropped.
        package var dropped: UInt64 = 0
        /// Whether the connection must wait to be told to proceed.
        package var mustWait = false
        /// What others are told.
        package var deliveries: [Delivery] = []

        /// Makes an opening that tells nobody anything.
        package init(decided: UInt64? = nil, dropped: UInt64 = 0) {
            self.decided = decided
            self.dropped = dropped
        }
    }

    fileprivate struct Session: Sendable {
        var progress: SessionProgress
        /// What is durable of `progress.decided`.
        var durable: UInt64
        var connection: Connection?
        /// The connection that takes over once the present one has ended.
        var successor: Connection?
        var isAcknowledged = false
        /// Whether the connection's hello is not answered yet.
        var owesHello = false
        /// Whether the connection's last line is read, and its last answer owed.
        var isEnding = false
        /// The highest number told to the connection.
        var told: UInt64 = 0
    }

    private var sessions: [String: Session] = [:]
    private var names: [Connection: String] = [:]
    /// Sessions that have gone on since they were last kept.
    private var changed: Set<String> = []
    private var ended: [String] = []
    /// Whether acknowledgements are given at all.
    let isKept: Bool

    /// Goes on from the sessions that were kept.
    package init(kept: [SessionProgress] = [], isKept: Bool) {
        self.isKept = isKept
        for progress in kept {
            sessions[progress.session] = Session(progress: progress, durable: progress.decided)
        }
    }

    /// Goes on from the sessions that were kept, which could not be read at first.
    package mutating func adopt(_ kept: [SessionProgress]) {
        for progress in kept where sessions[progress.session] == nil {
            sessions[progress.session] = Session(progress: progress, durable: progress.decided)
        }
    }

    /// How many sessions are remembered.
    package var count: Int { sessions.count }
}

// MARK: - Connections

extension SessionTable {
    /// A connection has said hello.
    package mutating func open(_ hello: Hello, on connection: Connection, now: Double) -> Opening {
        guard let name = hello.session, !name.isEmpty, name.utf8.count <= Self.nameBytes else {
            return Opening()
        }
        makeRoom(for: name, now: now)
        let producer = String((hello.producer ?? "").prefix(Self.nameBytes))
        var session =
            sessions[name]
            ?? Session(
                progress: SessionProgress(
                    session: name,
                    producer: producer,
                    decided: 0,
                    dropped: 0,
                    lastHeard: now
                ),
                durable: 0
            )
        session.progress.producer = producer
        session.progress.lastHeard = now
        var opening = Opening()
        let isAcknowledged = isKept && hello.wantsAcknowledgement
        if let holder = session.connection, isAcknowledged || session.isAcknowledged {
            // Of two successors the first is told that it is none.
            if let other = session.successor {
                names[other] = nil
                opening.deliveries.append(Delivery(connection: other, message: .finished))
            }
            session.successor = connection
            opening.mustWait = true
            opening.deliveries.append(Delivery(connection: holder, message: .superseded))
        } else {
            session.take(connection, isAcknowledged: isAcknowledged)
        }
        opening.decided = isAcknowledged ? session.progress.decided : nil
        opening.dropped = session.progress.dropped
        names[connection] = name
        sessions[name] = session
        changed.insert(name)
        return opening
    }

    /// A connection's session has come so far.
    package mutating func advance(
        _ connection: Connection,
        decided: UInt64?,
        dropped: UInt64,
        now: Double
    ) {
        guard let name = names[connection], sessions[name]?.connection == connection else { return }
        if sessions[name]?.advance(decided: decided, dropped: dropped, now: now) == true {
            changed.insert(name)
        }
    }

    /// The last line of a connection is read; it waits for what it is owed.
    ///
    /// - Returns: Whether something is owed; otherwise it may be closed at once.
    package mutating func end(_ connection: Connection) -> Bool {
        guard let name = names[connection], let session = sessions[name],
            session.connection == connection, session.isAcknowledged,
            session.owesHello || session.told < session.progress.decided
        else { return false }
        sessions[name]?.isEnding = true
        return true
    }

    /// A connection is closed.
    ///
    /// - Returns: What the connection that takes over is told, if there is one.
    package mutating func close(_ connection: Connection) -> Delivery? {
        guard let name = names.removeValue(forKey: connection) else { return nil }
        if sessions[name]?.successor == connection { sessions[name]?.successor = nil }
        guard sessions[name]?.connection == connection else { return nil }
        sessions[name]?.connection = nil
        sessions[name]?.isEnding = false
        guard let successor = sessions[name]?.successor else { return nil }
        sessions[name]?.take(successor, isAcknowledged: true)
        changed.insert(name)
        guard let progress = sessions[name]?.progress else { return nil }
        return Delivery(
            connection: successor,
            message: .proceed(decided: progress.decided, dropped: progress.dropped)
        )
    }

    /// Forgets the sessions that have been silent for too long.
    package mutating func expire(now: Double) {
        for (name, session) in sessions
        where session.connection == nil && now - session.progress.lastHeard > Self.lifetime {
            forget(name)
        }
    }

    private mutating func makeRoom(for name: String, now: Double) {
        guard sessions[name] == nil, sessions.count >= Self.limit else { return }
        expire(now: now)
        guard sessions.count >= Self.limit else { return }
        let idle = sessions.filter { $0.value.connection == nil }
        let oldest = idle.min { $0.value.progress.lastHeard < $1.value.progress.lastHeard }
        if let oldest { forget(oldest.key) }
    }

    private mutating func forget(_ name: String) {
        sessions[name] = nil
        changed.remove(name)
        ended.append(name)
    }
}

extension SessionTable.Session {
    /// The session becomes a connection's.
    fileprivate mutating func take(
        _ connection: SessionTable.Connection,
        isAcknowledged: Bool
    ) {
        self.connection = connection
        self.isAcknowledged = isAcknowledged
        successor = nil
        owesHello = isAcknowledged
        isEnding = false
        told = 0
    }

    /// Goes on, and says whether it has.
    fileprivate mutating func advance(decided: UInt64?, dropped: UInt64, now: Double) -> Bool {
        progress.lastHeard = now
        let before = (progress.decided, progress.dropped)
        progress.decided = max(progress.decided, decided ?? 0)
        progress.dropped = max(progress.dropped, dropped)
        return before != (progress.decided, progress.dropped)
    }

    /// What the connection is owed, given what is durable.
    fileprivate mutating func answers() -> [SessionTable.Delivery] {
        guard let connection, isAcknowledged else { return [] }
        var deliveries: [SessionTable.Delivery] = []
        if owesHello {
            owesHello = false
            told = durable
            deliveries.append(.init(connection: connection, message: .hello(durable)))
        } else if durable > told {
            told = durable
            deliveries.append(.init(connection: connection, message: .acknowledge(durable)))
        }
        if isEnding, told >= progress.decided {
            deliveries.append(.init(connection: connection, message: .finished))
        }
        return deliveries
    }
}

// MARK: - Over a restart

extension SessionTable {
    /// Whether something has to be kept.
    package var hasChanges: Bool { !ended.isEmpty || !changed.isEmpty }

    /// What has to be kept since this was last asked.
    package mutating func takeChanges() -> (progress: [SessionProgress], ended: [String]) {
        let progress = changed.compactMap { sessions[$0]?.progress }
        // One that was forgotten and has come again is not to be deleted.
        let gone = ended.filter { sessions[$0] == nil }
        (changed, ended) = ([], [])
        return (progress, gone)
    }

    /// Everything has to be kept anew.
    package mutating func keepAnew() {
        changed = Set(sessions.keys)
    }

    /// What was taken by `takeChanges` is durable.
    ///
    /// - Returns: What is to be told to whom.
    package mutating func areKept(_ progress: [SessionProgress]) -> [Delivery] {
        var deliveries: [Delivery] = []
        for progress in progress {
            guard var session = sessions[progress.session] else { continue }
            session.durable = max(session.durable, progress.decided)
            deliveries += session.answers()
            sessions[progress.session] = session
        }
        return deliveries
    }

    /// Nothing can be kept: hellos are answered with what was durable before, and nothing else is.
    package mutating func answerHellos() -> [Delivery] {
        var deliveries: [Delivery] = []
        for (name, session) in sessions where session.owesHello {
            var session = session
            deliveries += session.answers()
            sessions[name] = session
        }
        return deliveries
    }
}
