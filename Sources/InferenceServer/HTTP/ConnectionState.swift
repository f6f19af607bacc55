// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What one connection is in the middle of: which way each request goes, whose turn it is to be
/// answered, and how the connection ends.
///
/// Plain requests are answered at once; others are passed on to Hummingbird, which answers them
/// later and in order. So that no answer overtakes another, nothing is answered at once while a
/// request that was passed on is not answered yet.
struct ConnectionState: Sendable, Equatable {
    /// Why a connection is ended with an answer of its own.
    enum Refusal: Sendable, Equatable {
        case malformed, timeout, transferCoding, bodyTooLarge, headerTooLarge
    }

    /// Which way the parts of a request go.
    enum Direction: Sendable, Equatable {
        /// Collected, to be answered at once.
        case here
        /// Passed on.
        case on
        /// Nowhere: the connection is at its end.
        case nowhere
    }

    /// What is to be done about the connection itself.
    enum Effect: Sendable, Equatable {
        case nothing
        /// Close it, once what is written is out.
        case close
        /// Write this answer, then close.
        case refuse(Refusal)
    }

    private enum Ending: Sendable, Equatable {
        case none
        /// After the answers that are owed.
        case afterAnswers
        /// With a refusal after the answers that are owed.
        case refusing(Refusal)
        /// It has been told; what comes is dropped.
        case told
    }

    /// Where the request goes that is being read; nil between two.
    private(set) var reading: Direction?
    /// Requests passed on and not answered to the end.
    private(set) var owed = 0
    private var ending = Ending.none
    private var isQuiescing = false
    private var closesAfterThis = false
    private var bodyLimit = 0
    private var bodyCount = 0

    /// Whether it is in the middle of nothing.
    var isIdle: Bool { reading == nil && owed == 0 }

    /// Whether everything that comes is dropped.
    var isOver: Bool { ending == .told }

    /// Whether it ends, with answers that are owed or without.
    var isEnding: Bool { ending != .none }

    /// Whether a request may be answered at once.
    var canAnswerHere: Bool { owed == 0 && ending == .none }

    /// Whether the answer that comes next is the last one.
    var endsWithNextAnswer: Bool {
        isQuiescing || ending == .afterAnswers
    }
}

// MARK: - Requests

extension ConnectionState {
    /// A request begins.
    ///
    /// - Parameters:
    ///   - isPlain: Whether it is of the kind that is answered at once.
    ///   - keepsAlive: Whether another may follow it.
    ///   - length: The length of its body, as far as it says.
    ///   - limit: The most that its body may hold.
    /// - Returns: Where it goes, and what is to be done about the connection.
    mutating func begin(
        isPlain: Bool,
        keepsAlive: Bool,
        length: Int?,
        limit: Int
    ) -> (Direction, Effect) {
        guard ending == .none else {
            reading = .nowhere
            return (.nowhere, .nothing)
        }
        bodyCount = 0
        bodyLimit = limit
        closesAfterThis = !keepsAlive
        if let length, length > limit {
            return (.nowhere, refuse(.bodyTooLarge))
        }
        let direction: Direction = isPlain && owed == 0 ? .here : .on
        reading = direction
        if direction == .on { owed += 1 }
        return (direction, .nothing)
    }

    /// Bytes of the body come.
    mutating func body(_ count: Int) -> (Direction, Effect) {
        guard let reading, reading != .nowhere else { return (.nowhere, .nothing) }
        let (sum, overflow) = bodyCount.addingReportingOverflow(count)
        bodyCount = sum
        guard !overflow, sum <= bodyLimit else { return (.nowhere, refuse(.bodyTooLarge)) }
        return (reading, .nothing)
    }

    /// The request is complete.
    ///
    /// - Returns: Where it goes; `.here` is to be answered now, and then `answeredHere` be called.
    mutating func end() -> Direction {
        guard let direction = reading else { return .nowhere }
        reading = nil
        if direction == .on, closesAfterThis, ending == .none { ending = .afterAnswers }
        return direction
    }
}

// MARK: - Answers

extension ConnectionState {
    /// A request was answered at once, by an answer that may have said that it is the last.
    mutating func answeredHere(last: Bool) -> Effect {
        guard last || isQuiescing else { return .nothing }
        ending = .told
        return .close
    }

    /// The head of an answer to a request that was passed on is about to be written.
    ///
    /// - Parameter wantsLast: Whether it should be the last one, if no other request is owed one.
    /// - Returns: Whether it is, and says so.
    mutating func answerBegins(wantsLast: Bool) -> Bool {
        guard owed <= 1, reading != .on, ending != .told else { return false }
        if case .refusing = ending { return false }
        guard wantsLast || endsWithNextAnswer else { return false }
        ending = .afterAnswers
        return true
    }

    /// An answer to a request that was passed on is written to its end.
    mutating func answerEnds() -> Effect {
        owed = max(0, owed - 1)
        guard owed == 0 else { return .nothing }
        switch ending {
        case .afterAnswers:
            ending = .told
            return .close
        case .refusing(let refusal):
            ending = .told
            return .refuse(refusal)
        case .none, .told: return .nothing
        }
    }
}

// MARK: - The end

extension ConnectionState {
    /// Nothing more is taken from the client, and it is told why once the answers owed are out.
    ///
    /// The request that is being read is given up: whoever it was passed on to still waits for the
    /// rest of it, and has answered nothing.
    mutating func refuse(_ refusal: Refusal) -> Effect {
        // Behind the last request nothing is of interest, not even that it is faulty.
        guard ending == .none else { return .nothing }
        if reading == .on { owed -= 1 }
        reading = .nowhere
        ending = owed == 0 ? .told : .refusing(refusal)
        return owed == 0 ? .refuse(refusal) : .nothing
    }

    /// The server shuts down: what is under way is finished.
    ///
    /// - Returns: Whether the connection is idle, to be closed unless a request comes at once.
    mutating func quiesce() -> Bool {
        isQuiescing = true
        return isIdle && ending != .told
    }

    /// The client sends no more.
    ///
    /// - Returns: Whether to close now; if not, the answers owed come first.
    mutating func inputEnds() -> Bool {
        // Half a request is none.
        guard reading == nil || reading == .nowhere, owed > 0 else { return true }
        if ending == .none { ending = .afterAnswers }
        return false
    }
}
