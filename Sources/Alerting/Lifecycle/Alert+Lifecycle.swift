// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What was seen of the condition of an alert.
package enum AlertReading: Sendable, Equatable {
    /// It holds.
    case holds(Evidence)
    /// It does not.
    case clears
    /// Nothing can be said: too few rows, or none.
    case unknown
}

extension Alert {
    /// What became of an alert.
    package enum Transition: Sendable, Equatable {
        /// Nothing that has to be kept.
        case none
        /// It stands elsewhere in its life.
        case changed
        /// It was pending, and its condition holds no more: it never was.
        case dropped
    }

    /// Goes on in its life.
    ///
    /// While nothing can be said an alert stays as it is, and the time does not count towards
    /// `for` and `keep_firing_for`.
    ///
    /// - Parameters:
    ///   - reading: What was seen.
    ///   - rule: Its rule.
    ///   - time: When, by the report's time, in Unix seconds.
    ///   - wall: When, by the wall clock.
    /// - Returns: What became of it.
    package mutating func observe(
        _ reading: AlertReading,
        rule: AlertRule,
        at time: Double,
        wall: Double
    ) -> Transition {
        guard state != .resolved else { return .none }
        observedAt = time
        // A clock that was set back counts from where it stands now.
        activeAt = min(activeAt, time)
        clearingSince = clearingSince.map { min($0, time) }
        if reading == .unknown {
            guard heldSince == nil else { return .none }
            heldSince = time
            return .changed
        }
        let wasHeld = goOn(at: time)
        switch reading {
        case .unknown: return .none
        case .holds(let evidence):
            self.evidence = evidence
            let wasClearing = clearingSince != nil
            clearingSince = nil
            if state == .pending, time - activeAt >= rule.forSeconds {
                state = .firing
                firedAt = time
                firedWall = wall
                return .changed
            }
            return wasClearing || wasHeld ? .changed : .none
        case .clears:
            if state == .pending { return .dropped }
            let since = clearingSince ?? time
            guard time - since >= rule.keepFiringForSeconds else {
                defer { clearingSince = since }
                return clearingSince == nil || wasHeld ? .changed : .none
            }
            resolve(.cleared, at: time, wall: wall)
            return .changed
        }
    }

    /// Ends, whatever its condition; one that was pending never was.
    package mutating func end(_ resolution: Resolution, at time: Double, wall: Double) -> Transition
    {
        switch state {
        case .pending: return .dropped
        case .resolved: return .none
        case .firing:
            resolve(resolution, at: time, wall: wall)
            return .changed
        }
    }

    /// Takes the time in which nothing could be said out of the account.
    ///
    /// - Returns: Whether there was any.
    private mutating func goOn(at time: Double) -> Bool {
        guard let since = heldSince else { return false }
        heldSince = nil
        let held = max(0, time - since)
        if state == .pending { activeAt = min(time, activeAt + held) }
        clearingSince = clearingSince.map { min(time, $0 + held) }
        return true
    }

    private mutating func resolve(_ resolution: Resolution, at time: Double, wall: Double) {
        state = .resolved
        self.resolution = resolution
        resolvedAt = max(time, firedAt ?? time)
        resolvedWall = max(wall, firedWall ?? wall)
        clearingSince = nil
        heldSince = nil
    }
}
