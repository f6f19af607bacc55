// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import Testing

/// What is told when, one case after the other.
struct AlertEngineTests {
    private let start = 1_700_000_000.0

    private func policy(
        _ receivers: [AlertPolicy.Receiver] = [.init(name: "webhook")]
    ) -> AlertPolicy {
        var policy = AlertPolicy()
        policy.rules = DeliveryWorld.rules
        policy.receivers = receivers
        return policy
    }

    private let failed = DeliveryOutcome.failed(reason: "reset", after: nil)

    private func words(_ notification: Notification?) -> String? {
        notification?.alerts.map { alert in
            (alert.state == .firing ? "+" : "-") + String(alert.key.rule.last ?? "?")
        }.joined(separator: " ")
    }

    @Test
    func `a group is told after group_wait, the gravest alert first, and again after repeat_every`()
        throws
    {
        var process = EngineProcess(policy())
        try process.observe(1, now: start)
        #expect(try process.next(for: "webhook", now: start) == .wait(until: start + 30))
        try process.observe(2, now: start + 10)
        #expect(try process.send(now: start + 29.9) == nil)
        #expect(words(try process.send(now: start + 30)) == "+2 +1")
        #expect(
            try process.next(for: "webhook", now: start + 31) == .wait(until: start + 14_430)
        )
        #expect(try process.send(now: start + 14_429) == nil)
        let again = try process.send(now: start + 14_430)
        #expect(words(again) == "+2 +1")
        #expect(again?.id == "kedge_s_2")
    }

    @Test
    func `what changes is told after group_interval, all of it at once`() throws {
        var process = EngineProcess(policy())
        try process.observe(1, now: start)
        #expect(words(try process.send(now: start + 30)) == "+1")
        try process.observe(3, now: start + 60)
        #expect(try process.send(now: start + 329) == nil)
        try process.observe(2, now: start + 329)
        // Level 3 was over before it was due.
        #expect(words(try process.send(now: start + 330)) == "+2 +1")
        try process.observe(0, now: start + 400)
        #expect(words(try process.send(now: start + 630)) == "-2 -1")
        #expect(try process.next(for: "webhook", now: start + 631) == .wait(until: nil))
        #expect(process.engine.book.ended.isEmpty)
        // The row stays for as long as it says when the group may be told again.
        try process.observe(0, now: start + 930)
        #expect(!process.rows.deliveries.isEmpty)
        try process.observe(0, now: start + 931)
        #expect(process.rows.isEmpty)
    }

    @Test
    func `an alert that clears before group_wait is told to nobody`() throws {
        var process = EngineProcess(policy())
        try process.observe(1, now: start)
        try process.observe(0, now: start + 29)
        #expect(try process.send(now: start + 1_000) == nil)
        #expect(process.rows.isEmpty)
    }

    @Test
    func `a receiver that was away while an alert fired and cleared is told once that it is over`()
        throws
    {
        var process = EngineProcess(policy([.init(name: "webhook"), .init(name: "away")]))
        try process.observe(1, now: start)
        #expect(words(try process.send(now: start + 30)) == "+1")
        let missed = try process.send(to: "away", failed, now: start + 30)
        try process.observe(0, now: start + 1_000)
        #expect(words(try process.send(now: start + 1_030)) == "-1")
        try process.restart(now: start + 1_100)
        #expect(try process.send(now: start + 1_100) == nil)
        let told = try #require(try process.send(to: "away", now: start + 1_100))
        #expect(words(told) == "-1")
        #expect(told.id != missed?.id)
        #expect(told.alerts.first?.firedAt == start)
        #expect(told.alerts.first?.resolvedAt == start + 1_000)
        #expect(process.engine.book.ended.isEmpty)
        #expect(try process.send(to: "away", now: start + 100_000) == nil)
    }

    @Test
    func `a short second firing does not hide a long first one from who was away`() throws {
        var process = EngineProcess(policy([.init(name: "webhook"), .init(name: "away")]))
        try process.observe(1, now: start)
        #expect(words(try process.send(now: start + 30)) == "+1")
        try process.observe(0, now: start + 500)
        #expect(words(try process.send(now: start + 530)) == "-1")
        try process.observe(1, now: start + 600)
        try process.observe(0, now: start + 610)
        #expect(try process.send(now: start + 10_000) == nil)
        let told = try process.send(to: "away", now: start + 10_000)
        #expect(words(told) == "-1")
        #expect(told?.alerts.first?.firedAt == start)
        #expect(process.engine.book.ended.isEmpty)
    }

    @Test
    func `whoever waits for an end gets the later one when others wait for that`() throws {
        var process = EngineProcess(
            policy([.init(name: "away"), .init(name: "am", isLevelTriggered: true)])
        )
        try process.observe(1, now: start)
        #expect(words(try process.send(to: "am", now: start)) == "+1")
        try process.observe(0, now: start + 500)
        try process.observe(1, now: start + 600)
        try process.observe(0, now: start + 610)
        let told = try process.send(to: "away", now: start + 700)
        #expect(words(told) == "-1")
        #expect(told?.alerts.first?.firedAt == start + 600)
        #expect(try process.send(to: "away", now: start + 10_000) == nil)
    }

    @Test
    func `an alert that fires again before its end was told is told to fire`() throws {
        var process = EngineProcess(policy())
        try process.observe(1, now: start)
        #expect(words(try process.send(now: start + 30)) == "+1")
        try process.observe(0, now: start + 100)
        try process.observe(1, now: start + 150)
        let again = try process.send(now: start + 330)
        #expect(words(again) == "+1")
        #expect(again?.alerts.first?.firedAt == start + 150)
        #expect(process.engine.book.ended.isEmpty)
        try process.observe(0, now: start + 700)
        #expect(words(try process.send(now: start + 730)) == "-1")
    }

    @Test
    func `the same is sent again under the same id until it is answered, over a restart`() throws {
        var process = EngineProcess(policy())
        try process.observe(1, now: start)
        let first = try #require(try process.send(failed, now: start + 30))
        #expect(try process.next(for: "webhook", now: start + 30.5) == .wait(until: start + 31))
        let second = try #require(try process.send(failed, now: start + 31))
        #expect(try process.send(now: start + 32.9) == nil)
        try process.restart(now: start + 32.9)
        let third = try #require(try process.send(now: start + 32.9))
        #expect(first.id == second.id && second.id == third.id)
        #expect(process.engine.receivers["webhook"]?.counts.delivered == 1)
        #expect(try process.send(now: start + 400) == nil)
        // Something else has another id.
        try process.observe(2, now: start + 400)
        #expect(try process.send(now: start + 430)?.id == "kedge_s_2")
    }

    @Test
    func `an alert that may have been told and was then silenced is told to be over`() throws {
        var process = EngineProcess(policy())
        try process.observe(2, now: start)
        #expect(words(try process.send(failed, now: start + 30)) == "+2 +1")
        #expect(try process.add(silence("Level2", from: start + 31, until: start + 999), now: 0))
        #expect(words(try process.send(now: start + 100)) == "+1")
        try process.observe(0, now: start + 200)
        #expect(words(try process.send(now: start + 400)) == "-2 -1")
    }

    private func silence(_ rule: String, from start: Double, until end: Double) -> Silence {
        Silence(
            id: rule,
            matchers: [.init("alertname", rule)],
            startsAt: start,
            endsAt: end,
            updatedAt: start,
            createdBy: "test",
            comment: ""
        )
    }

    @Test
    func `a silence keeps back what fires until it ends`() throws {
        var process = EngineProcess(policy())
        #expect(try process.add(silence("*", from: start, until: start + 1_000), now: start))
        try process.observe(1, now: start)
        #expect(try process.next(for: "webhook", now: start + 60) == .wait(until: start + 1_000))
        #expect(process.engine.counts(at: start + 60).silenced == 1)
        #expect(process.engine.pending(for: "webhook", now: start + 60) == 0)
        try process.restart(now: start + 100)
        #expect(try process.send(now: start + 999) == nil)
        #expect(words(try process.send(now: start + 1_000)) == "+1")
    }

    @Test
    func `a told alert that is silenced is told to be over, another one is not`() throws {
        var process = EngineProcess(policy())
        try process.observe(1, now: start)
        #expect(words(try process.send(now: start + 30)) == "+1")
        #expect(try process.add(silence("*", from: start, until: start + 9e4), now: start))
        try process.observe(2, now: start + 100)
        #expect(try process.send(now: start + 20_000) == nil)
        try process.observe(0, now: start + 20_001)
        #expect(words(try process.send(now: start + 20_031)) == "-1")
        #expect(process.engine.book.ended.isEmpty)
        let ended = process.engine.endSilence("*", now: start + 20_040)
        #expect(ended?.endsAt == start + 20_040)
        #expect(process.engine.endSilence("none", now: start) == nil)
        process.engine.release(now: start + 20_041 + AlertEngine.patience)
        try process.commit()
        #expect(process.rows.isEmpty)
    }

    @Test
    func `silences are bounded in number`() throws {
        var process = EngineProcess(policy())
        for number in 0..<Silence.maximum {
            #expect(try process.add(silence("\(number)", from: 0, until: 10), now: 0))
        }
        #expect(try !process.add(silence("more", from: 0, until: 10), now: 0))
        #expect(try process.add(silence("7", from: 0, until: 20), now: 0))
        #expect(try process.add(silence("more", from: 0, until: 10), now: 11 + 86_400))
        #expect(process.engine.silences.map(\.id) == ["7", "more"])
    }

    @Test
    func `a level-triggered receiver is told every minute, and five minutes after the end`() throws
    {
        var process = EngineProcess(policy([.init(name: "am", isLevelTriggered: true)]))
        try process.observe(1, now: start)
        var told: [Int: String?] = [:]
        for second in 0...700 {
            let now = start + Double(second)
            if second == 200 { try process.observe(0, now: now) }
            if second == 130 { try process.restart(now: now) }
            if let notification = try process.send(to: "am", now: now) {
                told[second] = words(notification)
            }
        }
        let expected = [0: "+1", 60: "+1", 120: "+1", 180: "+1"]
            .merging([200, 260, 320, 380, 440, 500].map { ($0, "-1") }) { first, _ in first }
        #expect(told == expected)
        #expect(process.engine.book.ended.isEmpty)
    }

    @Test
    func `what is refused is not tried again, and its end is told`() throws {
        var process = EngineProcess(policy())
        try process.observe(1, now: start)
        #expect(try process.send(.rejected(reason: "400"), now: start + 30) != nil)
        #expect(try process.send(now: start + 14_000) == nil)
        try process.observe(0, now: start + 14_000)
        #expect(words(try process.send(now: start + 14_030)) == "-1")
        #expect(process.engine.receivers["webhook"]?.counts.rejected == 1)
    }

    @Test
    func `what is refused is no more told than before, and tried again after a reload`() throws {
        var process = EngineProcess(policy())
        try process.observe(1, now: start)
        let refused = try #require(try process.send(.rejected(reason: "404"), now: start + 30))
        #expect(try process.send(now: start + 5_000) == nil)
        process.engine.adopt(process.policy, now: start + 5_000)
        let taken = try #require(try process.send(now: start + 5_000))
        #expect(words(taken) == "+1")
        #expect(taken.id != refused.id)
        // So it is after a restart, and a resolve that was refused is not forgotten either.
        try process.observe(0, now: start + 6_000)
        #expect(words(try process.send(.rejected(reason: "404"), now: start + 6_030)) == "-1")
        #expect(try process.send(now: start + 9_000) == nil)
        try process.restart(now: start + 9_000)
        #expect(words(try process.send(now: start + 9_000)) == "-1")
        #expect(process.engine.book.ended.isEmpty)
    }

    @Test
    func `who refuses for a day is given up`() throws {
        var process = EngineProcess(policy())
        try process.observe(1, now: start)
        var now = start + 30
        while process.engine.receivers["webhook"]?.counts.abandoned == 0, now < start + 1e6 {
            #expect(try process.send(.rejected(reason: "404"), now: now) != nil)
            now += 14_400
        }
        #expect(process.engine.receivers["webhook"]?.counts.rejected == 7)
        try process.observe(0, now: now)
        #expect(words(try process.send(now: now + 30)) == "-1")
        #expect(process.engine.book.ended.isEmpty)
    }

    @Test
    func `a receiver that is gone holds nothing up until it is configured anew`() throws {
        var process = EngineProcess(policy([.init(name: "webhook"), .init(name: "gone")]))
        try process.observe(1, now: start)
        #expect(words(try process.send(now: start + 30)) == "+1")
        #expect(try process.send(to: "gone", .gone(reason: "410"), now: start + 30) != nil)
        #expect(process.engine.receivers["gone"]?.disabled == "410")
        #expect(try process.next(for: "gone", now: start + 9e4) == .wait(until: nil))
        try process.observe(0, now: start + 500)
        #expect(words(try process.send(now: start + 530)) == "-1")
        #expect(process.engine.book.ended.isEmpty)
        process.engine.adopt(process.policy, now: start + 600)
        try process.observe(1, now: start + 700)
        #expect(words(try process.send(to: "gone", now: start + 730)) == "+1")
    }

    @Test
    func `failures wait longer and longer, and a wish of the receiver is heeded within reason`()
        throws
    {
        var process = EngineProcess(policy())
        try process.observe(1, now: start)
        var now = start + 30
        var waits: [Double] = []
        for wish in [nil, nil, nil, 50, 1e9, nil, nil, nil, nil, nil, nil] as [Double?] {
            let outcome = DeliveryOutcome.failed(reason: "", after: wish)
            #expect(try process.send(outcome, now: now) != nil)
            guard case .wait(let next?) = try process.next(for: "webhook", now: now) else {
                Issue.record("nothing is waited for")
                return
            }
            waits.append(next - now)
            now = next
        }
        #expect(waits == [1, 2, 4, 50, 3_600, 32, 64, 128, 256, 300, 300])
    }

    @Test
    func `what cannot be delivered for a day is given up`() throws {
        var process = EngineProcess(policy())
        try process.observe(1, now: start)
        // A clock that jumps by a day is no reason to.
        #expect(try process.send(failed, now: start + 30) != nil)
        #expect(try process.send(failed, now: start + 90_000) != nil)
        #expect(process.engine.receivers["webhook"]?.counts.abandoned == 0)
        for hour in 26...28 {
            #expect(try process.send(failed, now: start + Double(hour) * 3_600) != nil)
        }
        #expect(process.engine.receivers["webhook"]?.counts.abandoned == 1)
        #expect(try process.send(now: start + 29 * 3_600) == nil)
    }

    @Test
    func `what changes while it cannot be delivered is given up no later`() throws {
        var process = EngineProcess(policy())
        try process.observe(1, now: start)
        for hour in 1...23 {
            try process.observe(1 + hour % 2, now: start + Double(hour) * 3_600)
            #expect(try process.send(failed, now: start + Double(hour) * 3_600 + 600) != nil)
        }
        #expect(process.engine.receivers["webhook"]?.counts.abandoned == 0)
        for attempt in 0..<AlertEngine.leastFailures {
            let now = start + 26 * 3_600 + Double(attempt) * 400
            #expect(try process.send(failed, now: now) != nil)
            if process.engine.receivers["webhook"]?.counts.abandoned == 1 { return }
        }
        Issue.record("nothing was given up")
    }

    @Test
    func `what fired and ended again while the first end was on its way is told, too`() throws {
        var process = EngineProcess(policy([.init(name: "webhook")]))
        try process.observe(1, now: start)
        #expect(words(try process.send(now: start + 30)) == "+1")
        try process.observe(0, now: start + 300)
        guard case .send(let first) = try process.next(for: "webhook", now: start + 330) else {
            Issue.record("the end is not told")
            return
        }
        try process.observe(1, now: start + 331)
        try process.observe(0, now: start + 700)
        process.engine.answered(first, .delivered, now: start + 701, random: 0)
        let second = try process.send(now: start + 1_001)
        #expect(words(second) == "-1")
        #expect(second?.alerts.first?.firedAt == start + 331)
        #expect(process.engine.book.ended.isEmpty)
    }

    @Test
    func `requests keep their distance, and what happens meanwhile is told together`() throws {
        var process = EngineProcess(policy([.init(name: "slack", spacing: 1)]))
        let sample = TrafficSample(
            versions: ["1", "2"].map {
                .init(model: "m", version: $0, records: 0, failed: 0, lastRecord: start - 10)
            }
        )
        process.engine.observe(sample, now: start)
        #expect(try process.send(to: "slack", now: start + 30) != nil)
        #expect(process.engine.pending(for: "slack", now: start + 30) == 1)
        #expect(try process.next(for: "slack", now: start + 30.5) == .wait(until: start + 31))
        #expect(try process.send(to: "slack", now: start + 31) != nil)
        #expect(process.engine.pending(for: "slack", now: start + 31) == 0)
    }

    @Test(arguments: [-90, -3_600, -1e8, 1e8] as [Double])
    func `a clock that jumps keeps nothing waiting for longer than it should`(jump: Double) throws {
        var process = EngineProcess(policy())
        try process.observe(1, now: start)
        #expect(try process.send(now: start + 30) != nil)
        try process.observe(2, now: start + 40)
        #expect(try process.next(for: "webhook", now: start + 50) == .wait(until: start + 330))
        let now = start + 50 + jump
        guard case .wait(let due?) = try process.next(for: "webhook", now: now) else {
            #expect(jump > 0)
            return
        }
        #expect(due <= now + 330)
        #expect(words(try process.send(failed, now: due)) == "+2 +1")
        // A wait after a failure is as long as before.
        let back = due + jump
        #expect(try process.next(for: "webhook", now: back) == .wait(until: back + 1))
        // So it is when the clock was set back while nothing ran.
        try process.restart(now: start - 1e7)
        #expect(words(try process.send(now: start - 1e7 + 330)) == "+2 +1")
    }

    @Test
    func `a model version that went away is told to be over, with no data`() throws {
        var process = EngineProcess(policy())
        try process.observe(1, now: start)
        #expect(try process.send(now: start + 30) != nil)
        process.engine.observe(TrafficSample(versions: []), now: start + 400)
        let told = try process.send(now: start + 430)
        #expect(told?.alerts.map(\.resolution) == [.noData])
    }

    @Test
    func `an alert whose rule, route or receiver is taken away is told to be over by who knows it`()
        throws
    {
        var process = EngineProcess(policy([.init(name: "webhook"), .init(name: "other")]))
        try process.observe(3, now: start)
        #expect(try process.send(now: start + 30) != nil)
        #expect(try process.send(to: "other", now: start + 30) != nil)
        process.policy.rules.removeFirst()
        process.policy.routes = [.init(severity: .critical, receivers: ["webhook"])]
        process.engine.adopt(process.policy, now: start + 400)
        let first = try process.send(now: start + 430)
        #expect(words(first) == "+3 -1")
        #expect(first?.resolved.first?.resolution == .ruleRemoved)
        #expect(words(try process.send(to: "other", now: start + 430)) == "-1")
        try process.observe(0, now: start + 800)
        #expect(words(try process.send(now: start + 830)) == "-3 -2")
        process.policy.receivers.removeLast()
        process.engine.adopt(process.policy, now: start + 840)
        try process.commit()
        #expect(process.rows.deliveries.keys.allSatisfy { $0.receiver == "webhook" })
        #expect(process.engine.book.ended.isEmpty)
    }

    @Test
    func `what was started anew says the same of everything, and what could not be kept is again`()
        throws
    {
        var process = EngineProcess(policy())
        try process.observe(2, now: start)
        #expect(try process.send(failed, now: start + 30) != nil)
        #expect(try process.takeChanges().isEmpty)
        process.engine.keepAnew()
        let changes = process.engine.takeChanges()
        #expect(changes.alerts.count == 2 && changes.deliveries.count == 1)
        process.engine.keepAgain(changes)
        #expect(try process.takeChanges().alerts == changes.alerts)
        var rows = KeptRows()
        try rows.apply(changes)
        process.rows = rows
        let before = process.engine.book.active
        try process.restart(now: start + 31)
        #expect(process.engine.book.active == before)
    }
}
