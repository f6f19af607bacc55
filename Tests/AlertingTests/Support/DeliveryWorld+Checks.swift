// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting

extension DeliveryWorld {
    /// How much later than due something may be told: two steps of time.
    static let slack = 41.0

    /// Holds a notification to what was promised.
    mutating func check(_ notification: Notification, for receiver: SimulatedReceiver) {
        let items = Set(notification.alerts.map(SimulatedReceiver.Item.init))
        let told = receiver.received.filter { $0.group == notification.group }
        let name = "\(receiver.settings.name) \(notification.id)"
        if items.isEmpty { fail("\(name) is empty") }
        if items.count != notification.alerts.count || Set(items.map(\.key)).count != items.count {
            fail("\(name) names an alert twice")
        }
        for old in told where old.id == notification.id {
            if old.items != items { fail("\(name) says something else the second time") }
            if old.keptAt != nil { fail("\(name) comes again after it was kept") }
        }
        checkTruth(notification, name)
        guard !receiver.settings.isLevelTriggered else { return }
        for alert in notification.alerts where alert.state == .resolved {
            let item = SimulatedReceiver.Item(alert)
            // Told again only after it was told to fire again.
            if let last = told.last(where: { $0.items.contains { $0.key == alert.key } }),
                last.items.contains(item), last.keptAt != nil, !last.isRefused
            {
                fail("\(name) says again that \(alert.key) is over")
            }
        }
        guard !faults.jumps, !faults.reloads, let last = told.last, last.id != notification.id
        else { return }
        if let keptAt = last.keptAt, elapsed - keptAt < policy.groupInterval {
            fail("\(name) follows another within group_interval")
        }
        let isRepeat = elapsed - (last.keptAt ?? last.time) >= policy.repeatEvery
        if last.items == items, last.change == change, !isRepeat, !last.isRefused {
            fail("\(name) repeats \(last.id) without a reason")
        }
    }

    private mutating func checkTruth(_ notification: Notification, _ name: String) {
        var oldest = elapsed
        for alert in notification.alerts {
            let own = firings.filter { $0.key == alert.key }
            guard let truth = own.last(where: { alert.state == .firing || $0.end != nil }) else {
                fail("\(name) tells of \(alert.key), which never was")
                continue
            }
            oldest = min(oldest, truth.start)
            if alert.state == .firing {
                if truth.end != nil { fail("\(name) says that \(alert.key) fires") }
                if !engine.silences(of: alert, at: now).isEmpty {
                    fail("\(name) tells of \(alert.key), which is silenced")
                }
            }
        }
        let isLevel = policy.receivers.first { $0.name == notification.receiver }?.isLevelTriggered
        if !faults.jumps, !faults.reloads, isLevel == false, elapsed - oldest < policy.groupWait {
            fail("\(name) comes before group_wait")
        }
    }

    /// Holds what is to be done to what a process would do that began anew now.
    mutating func compareAnew(_ name: String) {
        commit()
        guard (engine.receivers[name]?.notBefore ?? 0) <= now, let kept = try? rows.kept() else {
            return
        }
        var anew = AlertEngine(policy: policy, kept: kept, seed: { "0" })
        if engine.pending(for: name, now: now) != anew.pending(for: name, now: now) {
            fail("\(name): other notifications wait than for a process that began anew")
        }
        var own = engine
        switch (own.next(for: name, now: now), anew.next(for: name, now: now)) {
        case (.wait(let due), .wait(let other)) where due == other: break
        case (.send(let notification), .send(let other)):
            // Which group is first depends on failures, which are not kept.
            guard notification.group == other.group else { return }
            let items = Set(notification.alerts.map(SimulatedReceiver.Item.init))
            if items != Set(other.alerts.map(SimulatedReceiver.Item.init)) {
                fail("\(name): \(notification.id) is not what a process that began anew tells")
            }
        case (let step, let other): fail("\(name): \(step), and anew \(other)")
        }
    }

    /// Ends everything, and sees what is left.
    mutating func end() {
        for group in Self.groups { levels[group] = 0 }
        for index in receivers.indices { receivers[index].awayUntil = -.infinity }
        let end = elapsed + 8_000
        while elapsed < end {
            elapsed += 20
            now += 20
            observe()
            deliver()
        }
        // The last commit may have been the one that a crash took.
        engine.observe(TrafficSample(versions: []), now: now)
        commit()
        if !engine.book.active.isEmpty || !engine.book.ended.isEmpty {
            fail("alerts are left: \(engine.book.active.keys) \(engine.book.ended)")
        }
        if !rows.alerts.isEmpty || !rows.deliveries.isEmpty {
            fail("rows are left: \(rows.alerts.keys) \(rows.deliveries.keys)")
        }
        for receiver in receivers { checkKnowledge(of: receiver) }
    }

    /// Every firing that lasted was told, and everything told is known to be over.
    private mutating func checkKnowledge(of receiver: SimulatedReceiver) {
        let name = receiver.settings.name
        for key in Set(firings.map(\.key)) where receiver.knows(key)?.isResolved == false {
            fail("\(name): \(key) is not over")
        }
        let wait =
            (receiver.settings.isLevelTriggered ? 0 : policy.groupWait + policy.groupInterval)
            + Self.slack
        for firing in firings where !firing.isHindered {
            guard let end = firing.end, end - firing.start > wait else { continue }
            let isTold = receiver.received.contains { request in
                request.time >= firing.start && request.items.contains { $0.key == firing.key }
            }
            if !isTold { fail("\(name) was never told of \(firing)") }
        }
    }
}
