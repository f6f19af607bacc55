// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftMonitor

/// The alerts and everything that becomes of them: a pure state machine.
///
/// Reports and times come in, and notifications that are due come out. Nothing here waits, and
/// nothing is forgotten before it was told: what has to survive a restart is in `takeChanges()`.
package struct AlertEngine: Sendable {
    /// A notification that could not be delivered for so many seconds is given up.
    package static let patience = 86_400.0
    /// How often a level-triggered receiver is told the same, in seconds.
    package static let resendSeconds = 60.0
    /// For how long a level-triggered receiver is told that an alert is over, in seconds.
    package static let resolvedSeconds = 300.0

    /// Who is told, and how often.
    package private(set) var policy: AlertPolicy
    /// The alerts.
    package private(set) var book: AlertBook
    /// How it goes with each receiver, by name.
    package private(set) var receivers: [String: ReceiverState] = [:]
    /// The silences that were asked for, by id; those of the configuration are the policy's.
    private var asked: [String: Silence] = [:]
    private var deliveries: [DeliveryKey: DeliveryState] = [:]
    private var unkeptDeliveries: Set<DeliveryKey> = []
    private var unkeptSilences: Set<String> = []
    private var nextSeed: @Sendable () -> String

    /// Begins with what was kept.
    ///
    /// - Parameters:
    ///   - policy: Who is told, and how often.
    ///   - kept: What the last process left.
    ///   - seed: Makes texts that no process has made before, of letters and digits.
    package init(
        policy: AlertPolicy,
        kept: KeptAlerts = KeptAlerts(),
        seed: @escaping @Sendable () -> String
    ) {
        self.policy = policy
        book = AlertBook(rules: policy.rules, kept: kept.alerts)
        deliveries = Dictionary(kept.deliveries.map { ($0.key, $0.state) }) { $1 }
        asked = Dictionary(kept.silences.map { ($0.id, $0) }) { $1 }
        nextSeed = seed
        for receiver in policy.receivers { receivers[receiver.name] = ReceiverState() }
    }

    /// Goes on with other rules, receivers, routes and silences.
    package mutating func adopt(_ policy: AlertPolicy, now: Double) {
        self.policy = policy
        book.adopt(policy.rules, wall: now)
        let names = Set(policy.receivers.map(\.name))
        // One that was disabled is tried again: its address may be another.
        receivers = receivers.filter { names.contains($0.key) }
        for name in names {
            receivers[name, default: ReceiverState()].disabled = nil
            receivers[name]?.notBefore = -.infinity
        }
        for key in deliveries.keys where !names.contains(key.receiver) {
            deliveries[key] = nil
            unkeptDeliveries.insert(key)
        }
        release(now: now)
    }

    /// Ends what the configuration does not know any more; to be called once after a start.
    package mutating func begin(now: Double) { adopt(policy, now: now) }

    /// Looks at one model version's windows.
    package mutating func observe(
        _ report: MonitorReport,
        now: Double,
        describe: (MonitorReport) -> MonitorDescription?
    ) {
        book.observe(report, wall: now, describe: describe)
    }

    /// Looks at what came in, and forgets what is over and waits for nobody.
    package mutating func observe(_ sample: TrafficSample, now: Double) {
        book.observe(sample, wall: now)
        release(now: now)
    }

    /// How many alerts are pending and firing, and of the firing ones how many are silenced or held.
    package func counts(at now: Double) -> (pending: Int, firing: Int, silenced: Int, held: Int) {
        var counts = (pending: 0, firing: 0, silenced: 0, held: 0)
        for alert in book.active.values {
            if alert.state == .pending { counts.pending += 1 } else { counts.firing += 1 }
            if alert.state == .firing, isSilenced(alert, at: now) { counts.silenced += 1 }
            if alert.heldSince != nil { counts.held += 1 }
        }
        return counts
    }
}

// MARK: - Silences

extension AlertEngine {
    /// Every silence that has not ended longer than a day ago, the latest end first.
    package var silences: [Silence] {
        (policy.silences + asked.values).sorted { ($1.endsAt, $0.id) < ($0.endsAt, $1.id) }
    }

    /// Adds a silence, or puts one in the place of the one of its id.
    ///
    /// - Returns: False when there are too many.
    package mutating func add(_ silence: Silence, now: Double) -> Bool {
        for (id, old) in asked where now - old.endsAt > Self.patience {
            asked[id] = nil
            unkeptSilences.insert(id)
        }
        guard asked[silence.id] != nil || asked.count < Silence.maximum else { return false }
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

    /// The silences that hold for an alert.
    package func silences(of alert: Alert, at now: Double) -> [Silence] {
        let labels = AlertLabels(alert)
        return silences.filter { $0.state(at: now) == .active && $0.matches(labels) }
    }

    func isSilenced(_ alert: Alert, at now: Double) -> Bool {
        guard !asked.isEmpty || !policy.silences.isEmpty else { return false }
        return !silences(of: alert, at: now).isEmpty
    }
}

// MARK: - Delivery

extension AlertEngine {
    /// What is to be done for a receiver.
    package enum Step: Sendable, Equatable {
        /// Nothing before a time by the wall clock, unless something happens; nil for never.
        case wait(until: Double?)
        /// This is to be sent, after what `takeChanges()` holds is kept.
        case send(Notification)
    }

    /// What is to be done for a receiver now.
    ///
    /// A notification that is put together stays the one on its way until it is `answered`.
    package mutating func next(for name: String, now: Double) -> Step {
        guard let receiver = policy.receivers.first(where: { $0.name == name }),
            let state = receivers[name], state.disabled == nil
        else { return .wait(until: nil) }
        let boundary = silences.lazy.flatMap { [$0.startsAt, $0.endsAt] }.filter { $0 > now }.min()
        guard let plan = plans(for: receiver, now: now).min(by: { $0.due < $1.due }) else {
            return .wait(until: boundary)
        }
        let due = max(plan.due, state.notBefore)
        guard due <= now else { return .wait(until: min(due, boundary ?? due)) }
        return .send(compose(plan, for: name, now: now))
    }

    /// How many groups wait for a receiver: told something else than what is.
    package func pending(for name: String, now: Double) -> Int {
        guard let receiver = policy.receivers.first(where: { $0.name == name }),
            receivers[name]?.disabled == nil
        else { return 0 }
        return plans(for: receiver, now: now).count { $0.hasNews && $0.due <= now }
    }

    /// A notification that `next` put together came to its end.
    ///
    /// - Parameters:
    ///   - random: In [0, 1), which spreads the next attempts.
    /// - Returns: Whether it was given up.
    @discardableResult
    package mutating func answered(
        _ notification: Notification,
        _ outcome: DeliveryOutcome,
        now: Double,
        random: Double
    ) -> Bool {
        let name = notification.receiver
        guard let receiver = policy.receivers.first(where: { $0.name == name }) else {
            return false
        }
        let key = DeliveryKey(receiver: name, group: notification.group)
        let attempt = deliveries[key]?.attempt
        let isCurrent = deliveries[key]?.notificationID == notification.id && attempt != nil
        var state = receivers[name] ?? ReceiverState()
        var isGivenUp = false
        switch outcome {
        case .delivered:
            state.counts.delivered += 1
            state.failures = 0
            state.notBefore = now + receiver.spacing
            if isCurrent { settle(key, at: now) }
        case .failed(_, let wish):
            state.counts.failed += 1
            state.backOff(at: now, after: wish, random: random)
            isGivenUp = isCurrent && now - (attempt?.since ?? now) >= Self.patience
        case .rejected:
            state.counts.rejected += 1
            state.failures = 0
            state.notBefore = now + receiver.spacing
            if isCurrent { settle(key, at: now) }
        case .gone(let reason):
            state.disabled = reason
            isGivenUp = isCurrent
        }
        if isGivenUp {
            state.counts.abandoned += 1
            settle(key, at: now)
        }
        receivers[name] = state
        release(now: now)
        return isGivenUp
    }

    /// What is told is what is, as far as the notification on its way goes.
    private mutating func settle(_ key: DeliveryKey, at now: Double) {
        guard var delivery = deliveries[key], let attempt = delivery.attempt else { return }
        let named = Set(attempt.items.map(\.key))
        // What was silenced meanwhile was not named, and is still taken to be firing.
        delivery.told =
            delivery.told.filter { !named.contains($0.key) }
            + attempt.items.filter { !$0.isResolved }
        delivery.toldAt = now
        delivery.attempt = nil
        deliveries[key] = delivery
        unkeptDeliveries.insert(key)
    }

    /// What a receiver should know of a group, and when.
    private struct Plan {
        var group: AlertGroup
        var alerts: [Alert]
        var due: Double
        /// Whether it differs from what it knows.
        var hasNews: Bool
    }

    /// What a receiver should know, group by group.
    ///
    /// - Complexity: O(alerts × silences).
    private func plans(for receiver: AlertPolicy.Receiver, now: Double) -> [Plan] {
        let name = receiver.name
        let firing = book.active.values.filter { alert in
            alert.state == .firing && policy.routes(alert, to: name) && !isSilenced(alert, at: now)
        }
        let ended = book.ended.values.filter { isAwaited($0, by: receiver, now: now) }
        return Dictionary(grouping: firing + ended, by: \.key.group).map { group, alerts in
            plan(for: receiver, group, alerts, now: now)
        }
    }

    private func plan(
        for receiver: AlertPolicy.Receiver,
        _ group: AlertGroup,
        _ alerts: [Alert],
        now: Double
    ) -> Plan {
        let delivery = deliveries[DeliveryKey(receiver: receiver.name, group: group)]
        var news = Double.infinity
        for alert in alerts {
            let told = delivery?.tells(alert.key)
            if alert.state == .firing, told?.firedAt != alert.firedAt {
                news = min(news, alert.firedWall ?? now)
            } else if alert.state == .resolved, told != nil || !receiver.isLevelTriggered {
                news = min(news, alert.resolvedWall ?? now)
            }
        }
        let hasNews = news < .infinity
        let toldAt = delivery?.toldAt ?? -.infinity
        let due =
            switch (receiver.isLevelTriggered, hasNews) {
            case (true, true): news
            case (true, false): toldAt + Self.resendSeconds
            case (false, true): max(news + policy.groupWait, toldAt + policy.groupInterval)
            case (false, false): toldAt + policy.repeatEvery
            }
        let isOnItsWay = delivery?.attempt.map { $0.items == alerts.items } ?? false
        // A clock that was set back must not keep anything waiting for as long.
        let isBackwards = toldAt > now || news < .infinity && news > now
        return Plan(
            group: group,
            alerts: alerts,
            due: isOnItsWay || isBackwards ? now : due,
            hasNews: hasNews || isOnItsWay
        )
    }

    /// Whether a receiver still has to be told that an alert is over.
    ///
    /// What was over before it was even due to be told is not told at all, as Alertmanager has it;
    /// what was due and could not be delivered is told once, with its times.
    private func isAwaited(
        _ alert: Alert,
        by receiver: AlertPolicy.Receiver,
        now: Double
    ) -> Bool {
        guard policy.routes(alert, to: receiver.name), let firedWall = alert.firedWall,
            let resolvedWall = alert.resolvedWall
        else { return false }
        let key = DeliveryKey(receiver: receiver.name, group: alert.key.group)
        let delivery = deliveries[key]
        if delivery?.tells(alert.key) != nil { return true }
        if delivery?.attempt?.items.contains(where: { $0.key == alert.key }) == true { return true }
        if receiver.isLevelTriggered {
            let wasTold = delivery?.toldAt.map { $0 >= resolvedWall } ?? false
            return !wasTold || now - resolvedWall < Self.resolvedSeconds
        }
        guard !isSilenced(alert, at: now) else { return false }
        let told = delivery?.toldAt ?? -.infinity
        // What was told after it was over has nothing to do with when it was due.
        let interval = told <= resolvedWall ? told + policy.groupInterval : -.infinity
        return resolvedWall >= max(firedWall + policy.groupWait, interval)
    }

    private mutating func compose(_ plan: Plan, for name: String, now: Double) -> Notification {
        let key = DeliveryKey(receiver: name, group: plan.group)
        var delivery = deliveries[key] ?? DeliveryState(seed: nextSeed())
        let items = plan.alerts.items
        if delivery.attempt?.items != items {
            delivery.version += 1
            // What was tried before has been tried since then, whatever it was.
            let since = delivery.attempt?.since ?? now
            delivery.attempt = DeliveryState.Attempt(items: items, since: since)
            deliveries[key] = delivery
            unkeptDeliveries.insert(key)
        }
        return Notification(
            receiver: name,
            group: plan.group,
            id: delivery.notificationID,
            alerts: plan.alerts,
            time: now
        )
    }

    /// Forgets what is over and waits for nobody, and what is known of groups that are no more.
    package mutating func release(now: Double) {
        for alert in book.ended.values {
            let isAwaited = policy.receivers.contains { receiver in
                receivers[receiver.name]?.disabled == nil
                    && self.isAwaited(alert, by: receiver, now: now)
            }
            if !isAwaited { book.forget(alert.key) }
        }
        let groups = Set(book.active.keys.map(\.group)).union(book.ended.keys.map(\.group))
        for (key, delivery) in deliveries where !groups.contains(key.group) {
            // Kept until it says nothing about when the group may be told again.
            let isOld = now - (delivery.toldAt ?? now) > policy.groupInterval
            guard isOld || delivery.toldAt == nil else { continue }
            deliveries[key] = nil
            unkeptDeliveries.insert(key)
        }
    }
}

extension [Alert] {
    /// What of them is told, in an order of its own.
    fileprivate var items: [DeliveryState.Item] {
        map { alert in
            DeliveryState.Item(
                key: alert.key,
                firedAt: alert.firedAt ?? alert.activeAt,
                isResolved: alert.state == .resolved
            )
        }.sorted { $0.key < $1.key }
    }
}

// MARK: - Over a restart

/// What the last process left.
package struct KeptAlerts: Sendable {
    /// The alerts, those that are over and not told included.
    package var alerts: [Alert] = []
    /// What receivers were told.
    package var deliveries: [(key: DeliveryKey, state: DeliveryState)] = []
    /// The silences that were asked for.
    package var silences: [Silence] = []

    /// Nothing.
    package init() {}
}

/// What has to be kept: rows as they stand now, nil for those that are gone.
package struct AlertChanges: Sendable {
    /// Alerts.
    package var alerts: [AlertBook.Slot: Alert?] = [:]
    /// What receivers were told.
    package var deliveries: [DeliveryKey: DeliveryState?] = [:]
    /// Silences, by id.
    package var silences: [String: Silence?] = [:]

    /// Whether there is nothing.
    package var isEmpty: Bool { alerts.isEmpty && deliveries.isEmpty && silences.isEmpty }
}

extension AlertEngine {
    /// What has to be kept since this was last asked; to be kept together or not at all.
    package mutating func takeChanges() -> AlertChanges {
        var changes = AlertChanges()
        changes.alerts = book.takeUnkept()
        for key in unkeptDeliveries { changes.deliveries[key] = .some(deliveries[key]) }
        for id in unkeptSilences { changes.silences[id] = .some(asked[id]) }
        unkeptDeliveries = []
        unkeptSilences = []
        return changes
    }

    /// These could not be kept.
    package mutating func keepAgain(_ changes: AlertChanges) {
        book.keepAgain(changes.alerts.keys)
        unkeptDeliveries.formUnion(changes.deliveries.keys)
        unkeptSilences.formUnion(changes.silences.keys)
    }

    /// Everything has to be kept anew.
    package mutating func keepAnew() {
        book.keepAnew()
        unkeptDeliveries.formUnion(deliveries.keys)
        unkeptSilences.formUnion(asked.keys)
    }
}
