// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What one receiver is told of, while nothing changes.
struct ReceiverView {
    /// The receiver.
    let receiver: AlertPolicy.Receiver
    /// The silences that are active.
    let silences: [Silence]
    private let policy: AlertPolicy

    /// Looks with the eyes of a receiver, past the silences that are active.
    init(_ receiver: AlertPolicy.Receiver, policy: AlertPolicy, silences: [Silence]) {
        self.receiver = receiver
        self.policy = policy
        self.silences = silences
    }

    /// Whether the receiver is told that an alert fires.
    func tells(_ alert: Alert) -> Bool {
        alert.state == .firing && policy.routes(alert, to: receiver.name)
            && !silences.contains { $0.matches(alert) }
    }

    /// When a group is to be told.
    ///
    /// - Parameters:
    ///   - news: Since when something differs from what was told; infinite when nothing does.
    ///   - toldAt: When it was told last; nil for never.
    /// - Returns: When, by the wall clock.
    func due(news: Double, toldAt: Double?) -> Double {
        let toldAt = toldAt ?? -.infinity
        return switch (receiver.isLevelTriggered, news < .infinity) {
        case (true, true): news
        case (true, false): toldAt + AlertEngine.resendSeconds
        case (false, true): max(news + policy.groupWait, toldAt + policy.groupInterval)
        case (false, false): toldAt + policy.repeatEvery
        }
    }
}

/// When a receiver is to be told of a group.
struct DeliveryPlan: Sendable {
    /// The group.
    let group: AlertGroup
    /// When it is to be told, by the wall clock; long ago for what is on its way.
    let due: Double
    /// Whether what is differs from what was told.
    let hasNews: Bool
    /// How often what is on its way failed; nil when nothing is.
    let failures: Int?

    /// Whether another plan comes later.
    ///
    /// What is on its way comes last of what is due: it may be what the receiver cannot take.
    func comesBefore(_ other: Self, now: Double) -> Bool {
        let (own, others) = (failures == nil ? due : now, other.failures == nil ? other.due : now)
        if own != others { return own < others }
        if failures != other.failures { return failures ?? -1 < other.failures ?? -1 }
        return (group.model ?? "", group.version ?? "")
            < (other.group.model ?? "", other.group.version ?? "")
    }
}

/// The plans of all receivers, of which only those are made anew that something changed of.
struct DeliverySchedule: Sendable {
    private var plans: [String: [AlertGroup: DeliveryPlan]] = [:]
    private var stale: [String: Set<AlertGroup>] = [:]
    private var silences: [Silence] = []

    /// The plan to follow first.
    func first(for name: String, now: Double) -> DeliveryPlan? {
        plans(for: name).min { $0.comesBefore($1, now: now) }
    }

    /// A receiver's plans.
    func plans(for name: String) -> some Collection<DeliveryPlan> { (plans[name] ?? [:]).values }

    /// What a receiver was told of a group has changed.
    mutating func forget(_ key: DeliveryKey) {
        stale[key.receiver]?.insert(key.group)
    }

    /// Something of groups has changed.
    mutating func forget(_ groups: Set<AlertGroup>) {
        for name in stale.keys { stale[name]?.formUnion(groups) }
    }

    /// Takes over which silences are active.
    ///
    /// - Returns: Those that began or ended since.
    mutating func adopt(_ silences: [Silence]) -> [Silence] {
        guard silences != self.silences else { return [] }
        let old = self.silences
        self.silences = silences
        return silences.filter { !old.contains($0) } + old.filter { !silences.contains($0) }
    }

    /// Makes a receiver's plans anew, as far as it has to be.
    mutating func refresh(
        for name: String,
        all groups: some Sequence<AlertGroup>,
        plan: (AlertGroup) -> DeliveryPlan?
    ) {
        if let changed = stale.updateValue([], forKey: name) {
            for group in changed { plans[name, default: [:]][group] = plan(group) }
        } else {
            plans[name] = [:]
            for group in groups { plans[name, default: [:]][group] = plan(group) }
        }
    }
}

extension AlertEngine {
    /// Sees when a receiver is to be told of what.
    mutating func refreshSchedule(_ view: ReceiverView) {
        var touched = book.takeTouched()
        let changed = schedule.adopt(view.silences)
        if !changed.isEmpty {
            for (group, keys) in book.groups where isMeant(keys, by: changed) {
                touched.insert(group)
            }
        }
        schedule.forget(touched)
        var schedule = schedule
        self.schedule = DeliverySchedule()
        schedule.refresh(for: view.receiver.name, all: book.groups.keys) { plan(of: $0, for: view) }
        self.schedule = schedule
    }

    /// Whether any of the alerts is one that silences are for.
    private func isMeant(_ keys: some Sequence<AlertKey>, by silences: [Silence]) -> Bool {
        keys.contains { key in
            let alerts = [book.active[key], book.ended[key]].compactMap(\.self)
            return silences.contains { silence in alerts.contains { silence.matches($0) } }
        }
    }

    /// What a receiver should know of a group: what fires, and what it does not know to be over.
    func alerts(of group: AlertGroup, for view: ReceiverView) -> [Alert] {
        (book.groups[group] ?? []).compactMap { key in
            // One that fires again says so.
            if let alert = book.active[key], view.tells(alert) { return alert }
            guard let alert = book.ended[key], alert.awaitedBy.contains(view.receiver.name) else {
                return nil
            }
            return alert
        }
    }

    private func plan(of group: AlertGroup, for view: ReceiverView) -> DeliveryPlan? {
        let alerts = alerts(of: group, for: view)
        guard !alerts.isEmpty else { return nil }
        let delivery = deliveries[DeliveryKey(receiver: view.receiver.name, group: group)]
        let attempt = delivery?.attempt
        var news = Double.infinity
        var isOnItsWay = attempt?.items.count == alerts.count
        for alert in alerts {
            isOnItsWay = isOnItsWay && attempt?.items[alert.key] == alert.item
            let told = delivery?.told[alert.key]
            if alert.state == .firing {
                if told != alert.firedAt { news = min(news, alert.firedWall ?? -.infinity) }
            } else if told != nil || !view.receiver.isLevelTriggered {
                news = min(news, alert.resolvedWall ?? -.infinity)
            }
        }
        if let refused = delivery?.refused, refused.count == alerts.count,
            alerts.allSatisfy({ refused[$0.key] == $0.item })
        {
            // Nothing is different, so that it is no news; it is asked again as seldom as anything.
            news = .infinity
        }
        return DeliveryPlan(
            group: group,
            due: isOnItsWay ? -.infinity : view.due(news: news, toldAt: delivery?.toldAt),
            hasNews: isOnItsWay || news < .infinity,
            failures: isOnItsWay ? attempt?.failures : nil
        )
    }
}

extension Alert {
    /// What is told of it.
    var item: DeliveryState.Item {
        DeliveryState.Item(firedAt: firedAt ?? activeAt, isResolved: state == .resolved)
    }
}
