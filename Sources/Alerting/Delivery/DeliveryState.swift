// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Whom a state of delivery is about.
package struct DeliveryKey: Sendable, Hashable, Codable {
    /// The receiver's name.
    package var receiver: String
    /// The group.
    package var group: AlertGroup

    /// Names a receiver's group.
    package init(receiver: String, group: AlertGroup) {
        self.receiver = receiver
        self.group = group
    }
}

/// What a receiver has been told of a group, and what is on its way.
///
/// Delivery is reconciliation: while what is told differs from what is, a notification is due.
/// There is no queue that could grow, repeat or lose its order.
package struct DeliveryState: Sendable, Equatable, Codable {
    /// What a notification says of an alert.
    package struct Item: Sendable, Hashable, Codable {
        /// When it began to fire, which tells it from what fired before under the same key.
        package var firedAt: Double
        /// Whether it is told that it is over.
        package var isResolved: Bool

        /// Says how an alert stands.
        package init(firedAt: Double, isResolved: Bool) {
            self.firedAt = firedAt
            self.isResolved = isResolved
        }
    }

    /// A notification that was put together and of which the end is not known.
    package struct Attempt: Sendable, Equatable, Codable {
        /// What is in it.
        package var items: [AlertKey: Item]
        /// When it, or what it took the place of, was put together, by the wall clock.
        package var since: Double
        /// How often it failed, as far as this process knows.
        package var failures = 0

        /// Puts a notification on its way.
        package init(items: [AlertKey: Item], since: Double) {
            self.items = items
            self.since = since
        }
    }

    /// Tells this state's notifications from those of a state that was lost.
    package let seed: String
    /// The number of the last notification put together.
    package var version = 0
    /// The alerts that the receiver takes to be firing, and when they began to.
    package var told: [AlertKey: Double] = [:]
    /// The alerts that it may take to be firing: notifications with them were replaced before it
    /// was known what became of them.
    package var doubted: Set<AlertKey> = []
    /// When the last notification arrived, by the wall clock.
    package var toldAt: Double?
    /// What is on its way.
    package var attempt: Attempt?
    /// What the receiver refused for good, and has not taken since; nil for nothing.
    package var refused: [AlertKey: Item]?
    /// Since when it refuses, by the wall clock.
    package var refusedSince: Double?

    /// Nothing told.
    package init(seed: String) {
        self.seed = seed
    }

    /// What names the notification on its way, for whoever must not count it twice.
    package var notificationID: String { "kedge_\(seed)_\(version)" }

    /// Whether the receiver may take an alert to be firing.
    func mayHaveTold(_ key: AlertKey) -> Bool {
        told[key] != nil || doubted.contains(key) || attempt?.items[key]?.isResolved == false
    }

    /// Puts a notification on its way, unless it is already.
    ///
    /// - Returns: Whether it was not.
    mutating func begin(_ items: [AlertKey: Item], at now: Double) -> Bool {
        guard attempt?.items != items else { return false }
        version += 1
        for (key, item) in attempt?.items ?? [:] where !item.isResolved { doubted.insert(key) }
        // What was tried before has been tried since then, whatever it was.
        attempt = Attempt(items: items, since: attempt?.since ?? now)
        return true
    }

    /// Takes what is on its way for told, and forgets the alerts that are no more.
    ///
    /// - Parameters:
    ///   - now: The wall clock.
    ///   - exists: Whether there is an alert of a key.
    /// - Returns: What was told.
    mutating func settle(at now: Double, exists: (AlertKey) -> Bool) -> [AlertKey: Item] {
        guard let items = attempt?.items else { return [:] }
        // What was silenced meanwhile was not named, and is still taken to be firing.
        told = told.filter { items[$0.key] == nil && exists($0.key) }
        doubted = doubted.filter { items[$0] == nil && exists($0) }
        for (key, item) in items where !item.isResolved { told[key] = item.firedAt }
        if items.values.allSatisfy(\.isResolved) {
            // The receiver takes the whole group to be over: what still fires once its silence ends
            // is told again, and until then its end is.
            doubted.formUnion(told.keys)
            told = [:]
        }
        toldAt = now
        attempt = nil
        _ = forgetRefusal()
        return items
    }

    /// The receiver will not take what is on its way: it is not told, and not sent again until
    /// something changes, `repeat_every` has passed or the configuration is read anew.
    mutating func refuse(at now: Double) {
        refused = attempt?.items
        refusedSince = refusedSince ?? now
        toldAt = now
        attempt = nil
    }

    /// What was refused is tried again.
    ///
    /// - Returns: Whether there was anything.
    mutating func forgetRefusal() -> Bool {
        guard refused != nil else { return false }
        refused = nil
        refusedSince = nil
        return true
    }

    /// Takes over what a receiver was told before this state began.
    ///
    /// - Parameter kept: What was kept of the same receiver and group.
    mutating func adopt(_ kept: Self) {
        told.merge(kept.told) { own, _ in own }
        doubted.formUnion(kept.doubted)
        // Nobody knows what became of what was on its way.
        for (key, item) in kept.attempt?.items ?? [:] where !item.isResolved { doubted.insert(key) }
        toldAt = [toldAt, kept.toldAt].compactMap(\.self).max()
    }

    /// Takes times that lie ahead for now: the clock was set back.
    ///
    /// - Returns: Whether there were any.
    mutating func setBack(to now: Double) -> Bool {
        guard max(toldAt ?? -.infinity, attempt?.since ?? -.infinity) > now else { return false }
        toldAt = toldAt.map { min($0, now) }
        if let since = attempt?.since { attempt?.since = min(since, now) }
        return true
    }
}

/// What is to be sent to a receiver.
package struct Notification: Sendable, Equatable {
    /// Whom it is for.
    package var receiver: String
    /// What it is about.
    package var group: AlertGroup
    /// Stays the same while the same is sent again (`webhook-id`).
    package var id: String
    /// The alerts, firing ones first and among them those furthest over their thresholds.
    package var alerts: [Alert]
    /// When it is sent, by the wall clock.
    package var time: Double
    /// Whether it is a sample that somebody asked for.
    package var isSample = false

    /// Puts a notification together.
    package init(
        receiver: String,
        group: AlertGroup,
        id: String,
        alerts: [Alert],
        time: Double,
        isSample: Bool = false
    ) {
        self.receiver = receiver
        self.group = group
        self.id = id
        self.alerts = alerts.sorted(by: Self.comesFirst)
        self.time = time
        self.isSample = isSample
    }

    /// The alerts that are firing.
    package var firing: [Alert] { alerts.filter { $0.state == .firing } }
    /// The alerts that are over.
    package var resolved: [Alert] { alerts.filter { $0.state == .resolved } }

    private static func comesFirst(_ first: Alert, _ second: Alert) -> Bool {
        if first.state != second.state { return first.state == .firing }
        if first.severity != second.severity { return first.severity > second.severity }
        if first.evidence.excess != second.evidence.excess {
            return first.evidence.excess > second.evidence.excess
        }
        return first.key < second.key
    }
}

extension AlertRule.Severity: Comparable {
    /// By gravity.
    package static func < (first: Self, second: Self) -> Bool { first.rank < second.rank }

    private var rank: Int {
        switch self {
        case .info: 0
        case .warning: 1
        case .critical: 2
        }
    }
}

/// What became of a request to a receiver.
package enum DeliveryOutcome: Sendable, Equatable {
    /// The receiver has it.
    case delivered
    /// It may have it or not, and is asked again.
    ///
    /// - Parameter after: How many seconds it wants to be left alone, if it says so.
    case failed(reason: String, after: Double?)
    /// It will never take it.
    case rejected(reason: String)
    /// It wants nothing any more.
    case gone(reason: String)
}
