// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What one receiver is told of, while nothing changes.
struct ReceiverView {
    /// The receiver.
    let receiver: AlertPolicy.Receiver
    private let policy: AlertPolicy
    private let silences: [Silence]

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
struct DeliveryPlan {
    /// The group.
    let group: AlertGroup
    /// When it is to be told, by the wall clock; now for what is on its way.
    let due: Double
    /// How often what is on its way failed.
    let failures: Int
    /// Whether what is differs from what was told.
    let hasNews: Bool

    /// What failed comes last of what is due: it may be what the receiver cannot take.
    static func comesFirst(_ first: Self, _ second: Self) -> Bool {
        (first.due, first.failures, first.group.model ?? "", first.group.version ?? "")
            < (second.due, second.failures, second.group.model ?? "", second.group.version ?? "")
    }
}

/// What is found of one group, one alert after the other.
private struct GroupTally {
    let delivery: DeliveryState?
    var count = 0
    /// How many are on their way just so.
    var onTheirWay = 0
    var news = Double.infinity

    mutating func add(_ alert: Alert, _ receiver: AlertPolicy.Receiver) {
        count += 1
        if let item = delivery?.attempt?.items[alert.key], item == alert.item { onTheirWay += 1 }
        let told = delivery?.told[alert.key]
        if alert.state == .firing {
            if told != alert.firedAt { news = min(news, alert.firedWall ?? -.infinity) }
        } else if told != nil || !receiver.isLevelTriggered {
            news = min(news, alert.resolvedWall ?? -.infinity)
        }
    }

    var isOnItsWay: Bool { onTheirWay == count && delivery?.attempt?.items.count == count }
}

extension AlertEngine {
    /// What a receiver should know: what fires, and what it does not know to be over.
    func alerts(for view: ReceiverView) -> [Alert] {
        var alerts: [Alert] = []
        forEachAlert(for: view) { alerts.append($0) }
        return alerts
    }

    /// When a receiver is to be told, group by group.
    func plans(_ view: ReceiverView, now: Double) -> [DeliveryPlan] {
        var tallies: [AlertGroup: GroupTally] = [:]
        forEachAlert(for: view) { alert in
            let group = alert.key.group
            let key = DeliveryKey(receiver: view.receiver.name, group: group)
            tallies[group, default: GroupTally(delivery: deliveries[key])]
                .add(alert, view.receiver)
        }
        return tallies.map { group, tally in
            let due = view.due(news: tally.news, toldAt: tally.delivery?.toldAt)
            let isOnItsWay = tally.isOnItsWay
            return DeliveryPlan(
                group: group,
                due: isOnItsWay ? now : due,
                failures: isOnItsWay ? tally.delivery?.attempt?.failures ?? 0 : 0,
                hasNews: isOnItsWay || tally.news < .infinity
            )
        }
    }

    private func forEachAlert(for view: ReceiverView, _ body: (Alert) -> Void) {
        for alert in book.active.values where view.tells(alert) { body(alert) }
        for alert in book.ended.values where alert.awaitedBy.contains(view.receiver.name) {
            // One that fires again says so.
            if let active = book.active[alert.key], view.tells(active) { continue }
            body(alert)
        }
    }
}

extension Alert {
    /// What is told of it.
    var item: DeliveryState.Item {
        DeliveryState.Item(firedAt: firedAt ?? activeAt, isResolved: state == .resolved)
    }
}
