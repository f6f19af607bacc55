// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import Testing

/// What is told after an outage: of the file, of the process, of a receiver behind a silence.
struct AlertResumeTests {
    private let start = 1_700_000_000.0

    private static func process() -> EngineProcess {
        var policy = AlertPolicy()
        policy.rules = DeliveryWorld.rules
        policy.receivers = [.init(name: "webhook")]
        return EngineProcess(policy)
    }

    private func words(_ notification: Notification?) -> String? {
        notification?.alerts.map { alert in
            (alert.state == .firing ? "+" : "-") + String(alert.key.rule.last ?? "?")
        }.joined(separator: " ")
    }

    private func silence(_ id: String, until end: Double) -> Silence {
        Silence(
            id: id,
            matchers: [.init("alertname", id)],
            startsAt: 0,
            endsAt: end,
            updatedAt: 0,
            createdBy: "test",
            comment: ""
        )
    }

    @Test
    func `what fires on behind a silence is told anew once the group was told to be over`() throws {
        var process = Self.process()
        try process.observe(2, now: start)
        #expect(words(try process.send(now: start + 30)) == "+2 +1")
        #expect(try process.add(silence("Level1", until: start + 5_000), now: start + 40))
        try process.observe(1, now: start + 400)
        // PagerDuty resolves the incident with this one.
        #expect(words(try process.send(now: start + 430)) == "-2")
        try process.restart(now: start + 440)
        #expect(try process.send(now: start + 4_999) == nil)
        #expect(words(try process.send(now: start + 5_000)) == "+1")
    }

    @Test
    func `what ends behind a silence once the group was told to be over is told so`()
        throws
    {
        var process = Self.process()
        try process.observe(2, now: start)
        #expect(words(try process.send(now: start + 30)) == "+2 +1")
        #expect(try process.add(silence("Level1", until: start + 50_000), now: start + 40))
        try process.observe(1, now: start + 400)
        #expect(words(try process.send(now: start + 430)) == "-2")
        try process.observe(0, now: start + 1_000)
        #expect(words(try process.send(now: start + 2_000)) == "-1")
        #expect(try process.send(now: start + 60_000) == nil)
    }

    /// Two alerts of which a receiver was told, then a process that cannot read so.
    private func outage() throws -> (old: EngineProcess, new: EngineProcess) {
        var old = Self.process()
        try old.observe(2, now: start)
        #expect(words(try old.send(now: start + 30)) == "+2 +1")
        var new = Self.process()
        #expect(try new.add(silence("new", until: start + 9e4), now: start + 100))
        return (old, new)
    }

    @Test
    func `before anybody was told anything what was kept is what counts`() throws {
        var (old, new) = try outage()
        #expect(try old.add(silence("old", until: start + 9e4), now: start + 40))
        try old.commit()
        try new.observe(1, now: start + 100)
        new.engine.resume(from: try old.rows.kept(), hasTold: false, now: start + 110)
        try new.commit()
        #expect(Set(new.engine.silences.map(\.id)) == ["old", "new"])
        try new.restart(now: start + 115)
        #expect(Set(new.engine.silences.map(\.id)) == ["old", "new"])
        try new.observe(1, now: start + 120)
        // The first one fires on, and is known; the second one is over.
        #expect(words(try new.send(now: start + 400)) == "+1 -2")
        #expect(new.engine.book.active.values.map(\.firedAt) == [start])
    }

    @Test
    func `what was refused before an outage is tried again behind it, as after a restart`() throws {
        var old = Self.process()
        try old.observe(1, now: start)
        #expect(words(try old.send(.rejected(reason: "404"), now: start + 30)) == "+1")
        #expect(try old.send(now: start + 600) == nil)
        var new = Self.process()
        new.engine.resume(from: try old.rows.kept(), hasTold: false, now: start + 700)
        try new.observe(1, now: start + 700)
        #expect(words(try new.send(now: start + 700)) == "+1")
    }

    @Test
    func `what was told during an outage is not told again, and what was told before ends`() throws
    {
        var (old, new) = try outage()
        try new.observe(1, now: start + 100)
        let told = try new.send(now: start + 160)
        #expect(words(told) == "+1")
        new.engine.resume(from: try old.rows.kept(), hasTold: true, now: start + 200)
        #expect(new.engine.receivers["webhook"]?.counts.delivered == 1)
        try new.observe(1, now: start + 210)
        // Only what nobody has said yet: the second one, told before the outage, is over.
        let next = try new.send(now: start + 600)
        #expect(next?.resolved.map(\.key.rule) == ["Level2"])
        #expect(next?.firing.map(\.firedAt) == [start + 100])
        #expect(try new.send(now: start + 2_000) == nil)
        try new.restart(now: start + 2_000)
        #expect(try new.send(now: start + 2_000) == nil)
        try new.observe(0, now: start + 3_000)
        #expect(words(try new.send(now: start + 3_030)) == "-1")
        #expect(try new.send(now: start + 100_000) == nil)
    }

    @Test
    func `silences that are over make room for new ones`() throws {
        var process = Self.process()
        for number in 0..<Silence.maximum {
            #expect(try process.add(silence("\(number)", until: 10 + Double(number)), now: 0))
        }
        #expect(try !process.add(silence("more", until: 1e4), now: 9))
        #expect(try process.add(silence("more", until: 1e4), now: 12))
        try process.commit()
        #expect(process.engine.silences.count == Silence.maximum)
        #expect(!process.engine.silences.contains { $0.id == "0" })
        #expect(process.rows.silences["0"] == nil && process.rows.silences["more"] != nil)
    }
}
