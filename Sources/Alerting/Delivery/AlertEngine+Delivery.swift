// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

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
    ///
    /// - Complexity: O(groups), and O(alerts × active silences) of the groups that changed; of all
    ///   groups after a silence began or ended.
    package mutating func next(for name: String, now: Double) -> Step {
        heed(now)
        guard let receiver = policy.receivers.first(where: { $0.name == name }),
            let state = receivers[name], state.disabled == nil
        else { return .wait(until: nil) }
        let boundary = nextBoundary(after: now)
        let view = ReceiverView(receiver, policy: policy, silences: activeSilences(at: now))
        refreshSchedule(view)
        guard let plan = schedule.first(for: name, now: now) else { return .wait(until: boundary) }
        let due = max(plan.due, state.notBefore)
        guard due <= now else { return .wait(until: min(due, boundary ?? due)) }
        return .send(compose(plan.group, view, now: now))
    }

    /// How many groups wait for a receiver: told something else than what is.
    package func pending(for name: String, now: Double) -> Int {
        guard let receiver = policy.receivers.first(where: { $0.name == name }),
            receivers[name]?.disabled == nil
        else { return 0 }
        let view = ReceiverView(receiver, policy: policy, silences: activeSilences(at: now))
        var copy = self
        copy.refreshSchedule(view)
        return copy.schedule.plans(for: name).count { $0.hasNews && $0.due <= now }
    }

    /// A notification that `next` put together came to its end.
    ///
    /// - Parameters:
    ///   - notification: The notification.
    ///   - outcome: What became of it.
    ///   - now: The wall clock.
    ///   - random: In [0, 1), which spreads the next attempts.
    /// - Returns: Whether it was given up.
    @discardableResult
    package mutating func answered(
        _ notification: Notification,
        _ outcome: DeliveryOutcome,
        now: Double,
        random: Double
    ) -> Bool {
        heed(now)
        let name = notification.receiver
        guard let receiver = policy.receivers.first(where: { $0.name == name }) else {
            return false
        }
        let key = DeliveryKey(receiver: name, group: notification.group)
        let isCurrent =
            deliveries[key]?.attempt != nil && deliveries[key]?.notificationID == notification.id
        var state = receivers[name] ?? ReceiverState()
        let refusedSince = deliveries[key]?.refusedSince ?? now
        var (isGivenUp, isRefused) = (false, false)
        switch outcome {
        case .delivered:
            state.counts.delivered += 1
            state.failures = 0
            state.notBefore = now + receiver.spacing
        case .failed(_, let wish):
            state.counts.failed += 1
            state.backOff(at: now, after: wish, random: random)
            if isCurrent { deliveries[key]?.attempt?.failures += 1 }
            schedule.forget(key)
            isGivenUp = isCurrent && deliveries[key]?.attempt?.isOld(at: now) == true
        case .rejected:
            state.counts.rejected += 1
            state.failures = 0
            state.notBefore = now + receiver.spacing
            isGivenUp = isCurrent && now - refusedSince >= Self.patience
            isRefused = !isGivenUp
        case .gone(let reason):
            state.disabled = reason
            isGivenUp = isCurrent
            isRefused = true
        }
        if isGivenUp { state.counts.abandoned += 1 }
        receivers[name] = state
        if case .failed = outcome, !isGivenUp { return false }
        if isCurrent {
            if isRefused {
                deliveries[key]?.refuse(at: now)
                unkeptDeliveries.insert(key)
                schedule.forget(key)
            } else {
                settle(key, receiver, now: now)
            }
        }
        release(now: now)
        return isGivenUp
    }

    /// What is told is what is, as far as the notification on its way goes.
    private mutating func settle(
        _ key: DeliveryKey,
        _ receiver: AlertPolicy.Receiver,
        now: Double
    ) {
        guard var delivery = deliveries[key] else { return }
        let items = delivery.settle(at: now) { book.active[$0] != nil || book.ended[$0] != nil }
        deliveries[key] = delivery
        unkeptDeliveries.insert(key)
        schedule.forget(key)
        guard !book.ended.isEmpty else { return }
        for (key, item) in items {
            guard var ended = book.ended[key], ended.awaitedBy.contains(receiver.name) else {
                continue
            }
            let age = now - (ended.resolvedWall ?? now)
            let isTold =
                if item.isResolved {
                    item.firedAt == ended.firedAt
                        && (!receiver.isLevelTriggered || age >= Self.resolvedSeconds)
                } else {
                    // That it fires again says that it was over.
                    item.firedAt == book.active[key]?.firedAt
                }
            guard isTold else { continue }
            ended.awaitedBy.remove(receiver.name)
            book.put(ended)
        }
    }

    private mutating func compose(
        _ group: AlertGroup,
        _ view: ReceiverView,
        now: Double
    ) -> Notification {
        let name = view.receiver.name
        let key = DeliveryKey(receiver: name, group: group)
        let alerts = alerts(of: group, for: view)
        var items: [AlertKey: DeliveryState.Item] = [:]
        for alert in alerts { items[alert.key] = alert.item }
        var delivery = deliveries[key] ?? DeliveryState(seed: nextSeed())
        if delivery.begin(items, at: now) {
            deliveries[key] = delivery
            unkeptDeliveries.insert(key)
            schedule.forget(key)
        }
        return Notification(
            receiver: name,
            group: group,
            id: delivery.notificationID,
            alerts: alerts,
            time: now
        )
    }
}

extension DeliveryState.Attempt {
    fileprivate func isOld(at now: Double) -> Bool {
        failures >= AlertEngine.leastFailures && now - since >= AlertEngine.patience
    }
}
