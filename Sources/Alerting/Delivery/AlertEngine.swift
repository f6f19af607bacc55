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
    /// It is not given up before it failed so often: a clock that jumped proves nothing.
    package static let leastFailures = 5
    /// How often a level-triggered receiver is told the same, in seconds.
    package static let resendSeconds = 60.0
    /// For how long a level-triggered receiver is told that an alert is over, in seconds.
    package static let resolvedSeconds = 300.0
    /// A clock that goes back by no more makes nothing wait for much longer.
    static let toleratedSetBack = 60.0

    /// Who is told, and how often.
    package private(set) var policy: AlertPolicy
    /// The alerts.
    package internal(set) var book: AlertBook
    /// How it goes with each receiver, by name.
    package internal(set) var receivers: [String: ReceiverState] = [:]
    /// The silences that were asked for, by id; those of the configuration are the policy's.
    var asked: [String: Silence] = [:]
    var deliveries: [DeliveryKey: DeliveryState] = [:]
    var unkeptDeliveries: Set<DeliveryKey> = []
    /// When whom is to be told of what, as far as nothing has changed.
    var schedule = DeliverySchedule()
    var unkeptSilences: Set<String> = []
    /// What the wall clock said last.
    private var latest = -Double.infinity
    let nextSeed: @Sendable () -> String

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
        heed(now)
        self.policy = policy
        schedule = DeliverySchedule()
        let names = Set(policy.receivers.map(\.name))
        // One that was disabled is tried again: its address may be another.
        receivers = receivers.filter { names.contains($0.key) }
        for name in names {
            receivers[name, default: ReceiverState()].disabled = nil
            receivers[name]?.notBefore = -.infinity
        }
        heedPolicy(now: now)
    }

    /// Forgets whom the policy does not know, and ends what no rule means.
    private mutating func heedPolicy(now: Double) {
        // What was refused may be taken now.
        for key in deliveries.keys where deliveries[key]?.forgetRefusal() == true {
            unkeptDeliveries.insert(key)
        }
        let names = Set(policy.receivers.map(\.name))
        for key in deliveries.keys where !names.contains(key.receiver) {
            deliveries[key] = nil
            unkeptDeliveries.insert(key)
        }
        book.adopt(policy.rules, wall: now)
        assignEnded(now: now)
        release(now: now)
    }

    /// Ends what the configuration does not know any more; to be called once after a start.
    package mutating func begin(now: Double) {
        setBack(to: now)
        adopt(policy, now: now)
    }

    /// Goes on from what was kept and could not be read until now.
    ///
    /// Silences that were asked for since stay. As long as nobody was told anything, what was kept
    /// is all that counts, and conditions that hold are found again. Afterwards what is known now
    /// counts, and what was kept tells who waits for the end of what.
    ///
    /// - Parameters:
    ///   - kept: What the last process left.
    ///   - hasTold: Whether receivers may have been told anything since the start.
    ///   - now: The wall clock.
    package mutating func resume(from kept: KeptAlerts, hasTold: Bool, now: Double) {
        if hasTold {
            book.adopt(kept.alerts)
            for (key, state) in kept.deliveries {
                if deliveries[key] == nil {
                    deliveries[key] = state
                } else {
                    deliveries[key]?.adopt(state)
                }
            }
        } else {
            book = AlertBook(rules: policy.rules, kept: kept.alerts)
            deliveries = Dictionary(kept.deliveries.map { ($0.key, $0.state) }) { $1 }
        }
        for silence in kept.silences where asked[silence.id] == nil { asked[silence.id] = silence }
        setBack(to: now)
        heedPolicy(now: now)
        keepAnew()
    }

    /// Looks at one model version's windows.
    package mutating func observe(
        _ report: MonitorReport,
        now: Double,
        describe: (MonitorReport) -> MonitorDescription?
    ) {
        heed(now)
        book.observe(report, wall: now, describe: describe)
        assignEnded(now: now)
    }

    /// Looks at what came in, and forgets what is over and waits for nobody.
    package mutating func observe(_ sample: TrafficSample, now: Double) {
        heed(now)
        book.observe(sample, wall: now)
        assignEnded(now: now)
        release(now: now)
    }

    /// How many alerts are pending and firing, and of the firing ones how many are silenced; and
    /// how many are held.
    package func counts(at now: Double) -> (pending: Int, firing: Int, silenced: Int, held: Int) {
        let silences = activeSilences(at: now)
        var counts = (pending: 0, firing: 0, silenced: 0, held: 0)
        for alert in book.active.values {
            if alert.state == .pending { counts.pending += 1 } else { counts.firing += 1 }
            if alert.state == .firing, silences.contains(where: { $0.matches(alert) }) {
                counts.silenced += 1
            }
            if alert.heldSince != nil { counts.held += 1 }
        }
        return counts
    }
}

// MARK: - What is over

extension AlertEngine {
    /// Says of what has ended who is still to be told.
    ///
    /// What was over before it was even due to be told is not told at all, as Alertmanager has it;
    /// what was due and could not be delivered is told once, with its times.
    private mutating func assignEnded(now: Double) {
        let ended = book.takeEnded()
        guard !ended.isEmpty else { return }
        let silences = activeSilences(at: now)
        for (var alert, former) in ended {
            let isSilenced = silences.contains { $0.matches(alert) }
            let awaiting = policy.receivers.filter { isAwaited(alert, by: $0, isSilenced) }
            alert.awaitedBy = Set(awaiting.map(\.name))
            switch (alert.awaitedBy.isEmpty, former) {
            case (true, let former?): book.put(former)
            case (true, nil): book.forget(alert.key)
            case (false, _):
                alert.awaitedBy.formUnion(former?.awaitedBy ?? [])
                book.put(alert)
            }
        }
    }

    private func isAwaited(
        _ alert: Alert,
        by receiver: AlertPolicy.Receiver,
        _ isSilenced: Bool
    ) -> Bool {
        guard receivers[receiver.name]?.disabled == nil, let firedWall = alert.firedWall,
            let resolvedWall = alert.resolvedWall
        else { return false }
        let delivery = deliveries[DeliveryKey(receiver: receiver.name, group: alert.key.group)]
        let wasRefused = delivery?.refused?[alert.key] != nil
        if wasRefused || delivery?.mayHaveTold(alert.key) == true { return true }
        guard !isSilenced, policy.routes(alert, to: receiver.name) else { return false }
        let told = delivery?.toldAt ?? -.infinity
        return receiver.isLevelTriggered
            || resolvedWall >= max(firedWall + policy.groupWait, told + policy.groupInterval)
    }

    /// Forgets what is over and waits for nobody, what is known of groups that are no more, and
    /// silences that ended long ago.
    package mutating func release(now: Double) {
        let enabled = policy.receivers.map(\.name).filter { receivers[$0]?.disabled == nil }
        for alert in book.ended.values where alert.awaitedBy.isDisjoint(with: enabled) {
            book.forget(alert.key)
        }
        for (key, delivery) in deliveries where book.groups[key.group] == nil {
            // Kept until it says nothing about when the group may be told again.
            if let toldAt = delivery.toldAt, now - toldAt <= policy.groupInterval { continue }
            deliveries[key] = nil
            unkeptDeliveries.insert(key)
        }
        for (id, silence) in asked where now - silence.endsAt > Self.patience {
            asked[id] = nil
            unkeptSilences.insert(id)
        }
    }
}

// MARK: - The wall clock

extension AlertEngine {
    /// Looks at the wall clock: one that was set back must not keep anything waiting for as long.
    mutating func heed(_ now: Double) {
        let jump = latest - now
        latest = now
        guard jump.isFinite, jump > Self.toleratedSetBack else { return }
        setBack(to: now)
        for name in receivers.keys { receivers[name]?.setBack(by: jump) }
    }

    private mutating func setBack(to now: Double) {
        schedule = DeliverySchedule()
        book.setBack(to: now)
        for key in deliveries.keys where deliveries[key]?.setBack(to: now) == true {
            unkeptDeliveries.insert(key)
        }
    }
}
