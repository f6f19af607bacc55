// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

extension AlertEngine {
    /// Every silence that has not ended longer than a day ago, the latest end first.
    package var silences: [Silence] {
        (policy.silences + asked.values).sorted { ($1.endsAt, $0.id) < ($0.endsAt, $1.id) }
    }

    /// Adds a silence, or puts one in the place of the one of its id; where there is no room, in
    /// that of the one that ended first.
    ///
    /// - Returns: False when there are too many that have not ended.
    package mutating func add(_ silence: Silence, now: Double) -> Bool {
        release(now: now)
        if asked[silence.id] == nil, asked.count >= Silence.maximum {
            let isOver = asked.values.filter { $0.state(at: now) == .expired }
            guard let oldest = isOver.min(by: { $0.endsAt < $1.endsAt }) else { return false }
            asked[oldest.id] = nil
            unkeptSilences.insert(oldest.id)
        }
        asked[silence.id] = silence
        unkeptSilences.insert(silence.id)
        return true
    }

    /// Ends a silence now.
    ///
    /// - Returns: Nil when there is none of the id that was asked for.
    package mutating func endSilence(_ id: String, now: Double) -> Silence? {
        guard var silence = asked[id] else { return nil }
        if silence.endsAt > now {
            silence.endsAt = now
            silence.startsAt = min(silence.startsAt, now)
            silence.updatedAt = now
            asked[id] = silence
            unkeptSilences.insert(id)
        }
        return silence
    }

    /// The silences that hold for an alert, the latest end first.
    package func silences(of alert: Alert, at now: Double) -> [Silence] {
        silences.filter { $0.state(at: now) == .active && $0.matches(alert) }
    }

    /// The silences that hold for anything, in no order.
    package func activeSilences(at now: Double) -> [Silence] {
        policy.silences.filter { $0.state(at: now) == .active }
            + asked.values.filter { $0.state(at: now) == .active }
    }

    /// When a silence begins or ends next; nil for never.
    func nextBoundary(after now: Double) -> Double? {
        var boundary = Double.infinity
        for silence in policy.silences { boundary = min(boundary, silence.boundary(after: now)) }
        for silence in asked.values { boundary = min(boundary, silence.boundary(after: now)) }
        return boundary < .infinity ? boundary : nil
    }
}

extension Silence {
    fileprivate func boundary(after now: Double) -> Double {
        switch state(at: now) {
        case .pending: startsAt
        case .active: endsAt
        case .expired: .infinity
        }
    }
}
