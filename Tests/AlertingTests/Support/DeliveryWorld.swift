// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import Synchronization
import TestSupport
import Testing

/// A process with its rows, its clock and its receivers, of which everything goes wrong.
///
/// Each model version has a level from 0 to 3, as many of its rules' conditions hold; so what
/// fires is known without the engine.
struct DeliveryWorld {
    /// What may go wrong.
    struct Faults {
        var crashes = true
        var losesAnswers = true
        var goesAway = true
        var silences = true
        var rejects = false
        var jumps = false
        var reloads = false
    }

    /// One firing, as it was in truth.
    struct Firing {
        var key: AlertKey
        var start: Double
        var end: Double?
        /// Whether anything kept it from being told: silences, other rules or routes.
        var isHindered = false
    }

    let seed: UInt64
    let faults: Faults
    var random: SeededGenerator
    /// Seconds that passed in truth.
    var elapsed = 0.0
    /// The wall clock.
    var now = 1_700_000_000.0
    var policy: AlertPolicy
    var engine: AlertEngine
    var rows = KeptRows()
    var receivers: [SimulatedReceiver]
    var levels: [AlertGroup: Int?] = [:]
    /// What fired and fires.
    var firings: [Firing] = []
    /// Grows with whatever may change what a receiver is told.
    var change = 0
    var lastView: Set<AlertKey> = []
    var restarts = 0
    var failures: [String] = []

    init(seed: UInt64, faults: Faults = Faults(), receivers: [AlertPolicy.Receiver]) {
        self.seed = seed
        self.faults = faults
        random = SeededGenerator(seed: seed)
        policy = AlertPolicy()
        policy.rules = Self.rules
        policy.receivers = receivers
        self.receivers = receivers.map(SimulatedReceiver.init)
        engine = AlertEngine(policy: policy, seed: { "0" })
        for group in Self.groups { levels[group] = 0 }
        restart()
    }

    static let groups = [("a", "1"), ("a", "2"), ("b", "1")].map {
        AlertGroup(model: $0, version: $1)
    }
    static let rules = zip(1...3, AlertRule.Severity.allCases).map { level, severity in
        AlertRule(
            name: "Level\(level)",
            statistic: .traffic(.idleSeconds),
            condition: .above(Double(level) * 10 - 5),
            severity: severity
        )
    }

    mutating func chance(_ probability: Double) -> Bool {
        Double.random(in: 0..<1, using: &random) < probability
    }

    mutating func fail(_ text: String) {
        failures.append("seed \(seed), \(Int(elapsed)) s: \(text)")
    }

    /// Begins anew with what was kept.
    mutating func restart() {
        restarts += 1
        let prefix = "p\(restarts)n"
        let counter = SeedCounter()
        do {
            engine = AlertEngine(policy: policy, kept: try rows.kept()) {
                "\(prefix)\(counter.next())"
            }
        } catch {
            fail("rows cannot be read: \(error)")
        }
        engine.begin(now: now)
    }

    /// Keeps what is to be kept.
    mutating func commit() {
        do { try rows.apply(engine.takeChanges()) } catch { fail("rows: \(error)") }
    }

    /// Kills the process now and then.
    ///
    /// - Returns: Whether it did.
    mutating func crash() -> Bool {
        guard faults.crashes, chance(0.04) else { return false }
        restart()
        return true
    }
}

/// Numbers that are not made twice in one process.
final class SeedCounter: Sendable {
    private let value = Mutex(0)

    func next() -> Int {
        value.withLock { value in
            value += 1
            return value
        }
    }
}

// MARK: - What is

extension DeliveryWorld {
    private func sample() -> TrafficSample {
        TrafficSample(
            versions: Self.groups.map { group in
                .init(
                    model: group.model ?? "",
                    version: group.version ?? "",
                    records: 0,
                    failed: 0,
                    lastRecord: (levels[group] ?? nil).map { now - Double($0) * 10 }
                )
            }
                // Another version is served, so that nothing can be said of one without a record.
                + ["a", "b"].map { model in
                    .init(
                        model: model,
                        version: "served",
                        records: 0,
                        failed: 0,
                        lastRecord: now,
                        isWatched: false
                    )
                }
        )
    }

    /// Looks at what is, in the engine and in truth.
    mutating func observe() {
        engine.observe(sample(), now: now)
        if crash() { return }
        commit()
        for group in Self.groups {
            guard let level = levels[group] ?? nil else { continue }
            for number in 1...3 {
                let key = AlertKey(
                    rule: "Level\(number)",
                    model: group.model,
                    version: group.version
                )
                let isKnown = policy.rules.contains { $0.name == key.rule }
                let index = firings.firstIndex { $0.key == key && $0.end == nil }
                if isKnown, number <= level {
                    if index == nil { firings.append(Firing(key: key, start: elapsed)) }
                } else if let index {
                    firings[index].end = elapsed
                    if !isKnown { firings[index].isHindered = true }
                }
            }
        }
        look()
    }

    /// Sees what receivers may be told, and what they may not.
    mutating func look() {
        var view: Set<AlertKey> = []
        for index in firings.indices where firings[index].end == nil {
            if policy.routes.isEmpty, let alert = engine.book.active[firings[index].key],
                alert.state == .firing, engine.silences(of: alert, at: now).isEmpty
            {
                view.insert(alert.key)
            } else {
                firings[index].isHindered = true
            }
        }
        if view != lastView {
            lastView = view
            change += 1
        }
    }

    /// Time passes, and things happen.
    mutating func pass() {
        let step = Double.random(in: 1...20, using: &random)
        elapsed += step
        now += step
        if faults.jumps, chance(0.01) {
            let size: Double = [90, 3_600, 100_000, 1e8].randomElement(using: &random) ?? 0
            now = max(1e9, now + (chance(0.5) ? size : -size))
        }
        for group in Self.groups where chance(0.04) {
            levels[group] = chance(0.15) ? .some(nil) : Int.random(in: 0...3, using: &random)
        }
        for index in receivers.indices where faults.goesAway && chance(0.01) {
            receivers[index].awayUntil = elapsed + Double.random(in: 10...3_000, using: &random)
        }
        if faults.silences, chance(0.01) { silence() }
        if faults.reloads, chance(0.01) { reload() }
        observe()
    }

    private mutating func silence() {
        if chance(0.2), let silence = engine.silences.randomElement(using: &random) {
            _ = engine.endSilence(silence.id, now: now)
        } else {
            let start = now + Double.random(in: 0...100, using: &random)
            let values = [("alertname", "Level*"), ("alertname", "Level2"), ("model", "a")]
            let (name, value) = values.randomElement(using: &random) ?? ("model", "b")
            _ = engine.add(
                Silence(
                    id: "s\(Int(elapsed))",
                    matchers: [.init(name, value)],
                    startsAt: start,
                    endsAt: start + Double.random(in: 10...2_000, using: &random),
                    updatedAt: now,
                    createdBy: "world",
                    comment: ""
                ),
                now: now
            )
        }
        commit()
    }

    private mutating func reload() {
        policy.rules = Self.rules.filter { _ in chance(0.8) }
        policy.routes =
            chance(0.5)
            ? []
            : [
                .init(severity: .critical, receivers: receivers.map(\.settings.name)),
                .init(models: NameSelection(["a"]), receivers: [receivers[0].settings.name]),
            ]
        for index in firings.indices { firings[index].isHindered = true }
        engine.adopt(policy, now: now)
        change += 1
        commit()
    }
}

// MARK: - What is told

extension DeliveryWorld {
    /// Gives every receiver what is due for it.
    mutating func deliver() {
        for index in receivers.indices {
            var requests = 0
            while sendOne(index) {
                requests += 1
                guard requests < 20 else {
                    fail("\(receivers[index].settings.name) is told without an end")
                    return
                }
            }
        }
    }

    private mutating func sendOne(_ index: Int) -> Bool {
        let name = receivers[index].settings.name
        if chance(0.05) { compareAnew(name) }
        guard case .send(let notification) = engine.next(for: name, now: now) else { return false }
        if crash() { return true }
        commit()
        if crash() { return true }
        var outcome = DeliveryOutcome.delivered
        if receivers[index].awayUntil > elapsed {
            let wish = chance(0.2) ? Double.random(in: 0...20_000, using: &random) : nil
            outcome = .failed(reason: "away", after: wish)
        } else {
            check(notification, for: receivers[index])
            receivers[index].take(notification, at: elapsed, change: change)
            if faults.losesAnswers, chance(0.1) { outcome = .failed(reason: "reset", after: nil) }
            if faults.rejects, chance(0.1) { outcome = .rejected(reason: "400") }
        }
        if crash() { return true }
        let random = Double.random(in: 0..<1, using: &random)
        engine.answered(notification, outcome, now: now, random: random)
        if crash() { return true }
        commit()
        if case .failed = outcome { return true }
        let isTaken = outcome == .delivered
        receivers[index].confirm(notification.id, at: elapsed, isTaken: isTaken)
        return true
    }
}
