// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import Hosting
import Logging
import PredictionLog
import Synchronization

/// What connections do.
extension Ingest {
    /// Admits a connection unless there are `limit` already.
    ///
    /// - Parameters:
    ///   - limit: Connections at once.
    ///   - port: Tells the connection something, from any thread.
    /// - Returns: What names it, or nil.
    func connectionOpened(
        limit: Int,
        _ port: @escaping ConnectionTable.Port
    ) -> SessionTable.Connection? {
        state.withLock { state in
            guard state.connections.count < limit else { return nil }
            return state.connections.add(port)
        }
    }

    /// Counts a connection that was closed at once; the log tells each kind once a minute.
    func connectionRefused(_ refusal: ConnectionRefusal) {
        let now = clock()
        let passed = state.withLock { state in
            state.counters.connectionsRefused += 1
            return state.notices.pass("\(refusal)", count: 1, at: now)
        }
        guard let passed else { return }
        logger.warning(
            "connections refused",
            metadata: ["reason": "\(refusal)", "count": "\(passed)"]
        )
    }

    /// Counts what a connection sent; all of it when this returns, unless it must wait.
    ///
    /// - Returns: How many bytes were taken, and whether the connection must wait until it is told
    ///   to go on, with the rest.
    /// - Complexity: O(bytes), no allocation per record.
    func receive(
        _ bytes: Span<UInt8>,
        with scanner: inout RecordScanner,
        from connection: SessionTable.Connection
    ) -> (bytes: Int, mustWait: Bool) {
        let now = clock()
        let (consumed, mustWait, notices) = change { state in
            state.schedule.recordsArrived(at: now)
            state.intake.arrival = now
            var notices: [Notice] = []
            var consumed = 0
            var mustWait = !greet(connection, &scanner, &state, now: now)
            while consumed < bytes.count, !mustWait {
                let isKept = state.takesForKeeping(from: connection)
                let rest = bytes.extracting(consumed..<bytes.count)
                consumed += scanner.scan(rest, into: &state.intake)
                drain(&state, now: now, isKept: isKept, notices: &notices)
                mustWait = !greet(connection, &scanner, &state, now: now)
            }
            state.counters.bytes += UInt64(consumed)
            advance(connection, scanner, &state, now: now)
            return (consumed, mustWait, notices)
        }
        log(notices)
        return (consumed, mustWait)
    }

    /// The last line of a connection is read; a line without its newline is truncated.
    ///
    /// - Returns: Whether the connection must wait for what it is owed; it is told when to end.
    func inputEnded(_ scanner: inout RecordScanner, of connection: SessionTable.Connection) -> Bool
    {
        finish(&scanner, of: connection)
        return change { $0.sessions.end(connection) }
    }

    /// Ends a connection.
    func connectionClosed(
        _ scanner: inout RecordScanner,
        of connection: SessionTable.Connection
    ) {
        finish(&scanner, of: connection)
        change { state in
            state.connections[connection] = nil
            if let delivery = state.sessions.close(connection) {
                state.keeping.deliveries.append(delivery)
            }
        }
    }

    /// Whether a connection may be read: what it sends waits to be kept, and there is room.
    ///
    /// If not, it is told to resume.
    func mayRead(_ connection: SessionTable.Connection) -> Bool {
        state.withLock { state in
            guard state.connections[connection]?.isAcknowledged == true, state.keeping.isUp,
                state.monitors.unkeptBytes >= Keeping.limitBytes
            else { return true }
            state.connections[connection]?.isHeld = true
            return false
        }
    }

    /// Takes a connection's hello, if it is new.
    ///
    /// - Returns: Whether the connection may go on at once.
    private func greet(
        _ connection: SessionTable.Connection,
        _ scanner: inout RecordScanner,
        _ state: inout State,
        now: Double
    ) -> Bool {
        guard let hello = scanner.hello, state.connections[connection]?.hasGreeted == false
        else { return true }
        if hello.wantsAcknowledgement, state.keeping.isKept, !state.keeping.isRead {
            state.connections[connection]?.isUngreeted = true
            return false
        }
        state.connections[connection]?.hasGreeted = true
        let opening = state.sessions.open(hello, on: connection, now: now)
        state.connections[connection]?.isAcknowledged = opening.decided != nil
        state.keeping.deliveries += opening.deliveries
        if !state.keeping.isUp { state.keeping.deliveries += state.sessions.answerHellos() }
        scanner.resume(decided: opening.decided, dropped: opening.dropped)
        return !opening.mustWait
    }

    private func advance(
        _ connection: SessionTable.Connection,
        _ scanner: borrowing RecordScanner,
        _ state: inout State,
        now: Double
    ) {
        guard scanner.hello != nil else { return }
        state.sessions.advance(
            connection,
            decided: scanner.decided,
            dropped: scanner.dropped,
            now: now
        )
    }

    private func finish(_ scanner: inout RecordScanner, of connection: SessionTable.Connection) {
        let now = clock()
        let notices = change { state in
            var notices: [Notice] = []
            scanner.finish(into: &state.intake)
            drain(&state, now: now, isKept: true, notices: &notices)
            return notices
        }
        log(notices)
    }
}

extension Ingest.State {
    /// Whether rows of a connection are to be kept: where there is no room, those of a producer
    /// that waits for nothing are counted in memory alone.
    fileprivate func takesForKeeping(from connection: SessionTable.Connection) -> Bool {
        guard keeping.isUp else { return false }
        return connections[connection]?.isAcknowledged == true
            || monitors.unkeptBytes < Keeping.limitBytes
    }
}
