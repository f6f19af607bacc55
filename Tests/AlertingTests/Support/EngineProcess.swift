// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting

/// An engine, its rows and its receivers' answers.
struct EngineProcess {
    var engine: AlertEngine
    var rows = KeptRows()
    var policy: AlertPolicy

    init(_ policy: AlertPolicy) {
        self.policy = policy
        engine = AlertEngine(policy: policy, seed: { "s" })
    }

    mutating func commit() throws { try rows.apply(engine.takeChanges()) }

    mutating func takeChanges() throws -> AlertChanges { engine.takeChanges() }

    mutating func add(_ silence: Silence, now: Double) throws -> Bool {
        engine.add(silence, now: now)
    }

    mutating func next(for name: String, now: Double) throws -> AlertEngine.Step {
        engine.next(for: name, now: now)
    }

    mutating func restart(now: Double) throws {
        engine = AlertEngine(policy: policy, kept: try rows.kept(), seed: { "t" })
        engine.begin(now: now)
    }

    /// Says how many of a version's three conditions hold.
    mutating func observe(_ level: Int?, version: String = "1", now: Double) throws {
        engine.observe(
            TrafficSample(versions: [
                .init(
                    model: "m",
                    version: version,
                    records: 0,
                    failed: 0,
                    lastRecord: level.map { now - Double($0) * 10 }
                ),
                // Another version is served, so that nothing can be said of one without a record.
                .init(
                    model: "m",
                    version: "served",
                    records: 0,
                    failed: 0,
                    lastRecord: now,
                    isWatched: false
                ),
            ]),
            now: now
        )
        try commit()
    }

    /// What is sent to a receiver, once.
    mutating func send(
        to name: String = "webhook",
        _ outcome: DeliveryOutcome = .delivered,
        now: Double
    ) throws -> Notification? {
        guard case .send(let notification) = engine.next(for: name, now: now) else {
            return nil
        }
        try commit()
        engine.answered(notification, outcome, now: now, random: 0)
        try commit()
        return notification
    }
}
