// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import Testing

struct AlertLifecycleTests {
    /// `for` and `keep_firing_for` in looks, a timeline and what becomes of the alert.
    struct Case: Sendable, CustomTestStringConvertible {
        let wait: Double
        let keep: Double
        let timeline: String
        let life: String

        init(_ wait: Double, _ keep: Double, _ timeline: String, _ life: String) {
            (self.wait, self.keep, self.timeline, self.life) = (wait, keep, timeline, life)
        }

        var testDescription: String { "for \(wait) keep \(keep) \(timeline)" }
    }

    static let cases = [
        // Without `for` the first look fires, without `keep_firing_for` the first other one ends.
        Case(0, 0, ".x.", "-FR"),
        Case(0, 0, "xxx..x", "FFFR-F"),
        Case(0, 0, "x.x.x.", "FRFRFR"),
        // `for` counts from the first look at which it holds.
        Case(2, 0, ".xxxx..", "-PPFFR-"),
        Case(2, 0, "xx.xx.xx.", "PP-PP-PP-"),
        Case(2, 0, "xx.xxx.", "PP-PPFR"),
        Case(1, 0, "xx", "PF"),
        // A time between two looks is over at the later.
        Case(1.5, 0, "xxxx", "PPFF"),
        Case(0.5, 0, "xx", "PF"),
        // `keep_firing_for` counts from the first look at which it does not hold.
        Case(0, 2, "x....", "FCCR-"),
        Case(0, 1, "x...", "FCR-"),
        Case(0, 1.5, "x....", "FCCR-"),
        Case(0, 2, "x..x..x...", "FCCFCCFCCR"),
        Case(0, 2, "x.x.x.x...", "FCFCFCFCCR"),
        Case(2, 2, "xxx....x..", "PPFCCR-P--"),
        Case(2, 1, ".xxxx.x..x", "-PPFFCFCRP"),
        // What nothing can be said of neither fires nor ends, and the time does not count.
        Case(0, 0, "?x?.", "-FfR"),
        Case(0, 0, "???", "---"),
        Case(2, 0, "x???xxx", "PpppPFF"),
        Case(2, 0, "xx?xx", "PPpFF"),
        Case(2, 0, "x?.?x", "Pp--P"),
        Case(0, 2, "x.???...", "FCcccCR-"),
        Case(0, 2, "x?????.?.?.", "FfffffCcCcR"),
        Case(0, 2, "x.?x.?..", "FCcFCcCR"),
        Case(2, 2, ".xxxx..??xx....", "-PPFFCCccFFCCR-"),
        Case(3, 0, "x?x?x?xxx", "PpPpPpFFF"),
    ]

    @Test(arguments: cases)
    func `an alert lives as its condition, for and keep_firing_for say`(_ world: Case) {
        let life = { (restarts: Bool) in
            Marbles.life(
                world.timeline,
                for: world.wait * Marbles.step,
                keep: world.keep * Marbles.step,
                restarts: restarts
            )
        }
        #expect(life(false) == world.life)
        #expect(life(true) == world.life)
    }

    @Test(arguments: [(0.0, 0.0), (1, 0), (0, 2), (2, 1), (3, 2), (1.5, 2.5)])
    func `every timeline of eight looks is lived as the slow model says, restarted or not`(
        wait: Double,
        keep: Double
    ) {
        var lives = 0
        func walk(_ life: Marbles.Life, _ restarted: Marbles.Life) {
            let timeline = life.timeline
            guard timeline.count < 8 else {
                lives += 1
                let naive = Marbles.naiveLife(
                    timeline,
                    for: wait * Marbles.step,
                    keep: keep * Marbles.step
                )
                if life.marbles != naive || restarted.marbles != naive {
                    Issue.record("\(timeline): \(life.marbles), \(restarted.marbles), not \(naive)")
                }
                return
            }
            for look: Character in ["x", ".", "?"] {
                var (life, restarted) = (life, restarted)
                life.look(look, restarts: false)
                restarted.look(look, restarts: true)
                walk(life, restarted)
            }
        }
        let life = Marbles.Life(for: wait * Marbles.step, keep: keep * Marbles.step)
        walk(life, life)
        #expect(lives == 6_561)
    }

    private func alert(at time: Double) -> Alert {
        Alert(
            key: Marbles.key,
            rule: Marbles.rule(for: 20, keep: 20),
            window: nil,
            activeAt: time,
            evidence: Evidence(statistic: "idle_seconds", value: 6, threshold: 5)
        )
    }

    @Test
    func `a clock set back counts from where it stands, and one set forward at once`() {
        let rule = Marbles.rule(for: 20, keep: 20)
        var alert = alert(at: 1_000)
        let holds = AlertReading.holds(alert.evidence)
        #expect(alert.observe(holds, rule: rule, at: 100, wall: 0) == .none)
        #expect(alert.activeAt == 100)
        #expect(alert.observe(holds, rule: rule, at: 120, wall: 0) == .changed)
        #expect(alert.state == .firing)
        #expect(alert.observe(.clears, rule: rule, at: 130, wall: 0) == .changed)
        #expect(alert.observe(.clears, rule: rule, at: 30, wall: 0) == .none)
        #expect(alert.clearingSince == 30)
        #expect(alert.observe(.unknown, rule: rule, at: 20, wall: 0) == .changed)
        #expect(alert.observe(.clears, rule: rule, at: 1e9, wall: 0) == .changed)
        #expect(alert.state == .firing)
        #expect(alert.observe(.clears, rule: rule, at: 1e9 + 20, wall: 0) == .changed)
        #expect(alert.resolution == .cleared)
        #expect(alert.duration == 1e9 + 20 - 120)
    }

    @Test
    func `an alert that ends before it began by a clock set back lasted no time`() {
        var alert = alert(at: 1_000)
        let rule = Marbles.rule(for: 0, keep: 0)
        _ = alert.observe(.holds(alert.evidence), rule: rule, at: 1_000, wall: 50)
        #expect(alert.observe(.clears, rule: rule, at: 10, wall: 5) == .changed)
        #expect(alert.duration == 0)
        #expect(alert.resolvedWall == 50)
    }

    @Test
    func `what is over stays as it is`() {
        var alert = alert(at: 1_000)
        #expect(alert.end(.noData, at: 1_000, wall: 0) == .dropped)
        let rule = Marbles.rule(for: 0, keep: 0)
        _ = alert.observe(.holds(alert.evidence), rule: rule, at: 1_000, wall: 0)
        #expect(alert.end(.noData, at: 1_010, wall: 10) == .changed)
        let over = alert
        #expect(alert.end(.cleared, at: 1_020, wall: 20) == .none)
        #expect(alert.observe(.holds(alert.evidence), rule: rule, at: 1_030, wall: 30) == .none)
        #expect(alert == over)
        #expect(alert.resolution == .noData)
    }

    @Test
    func `newer evidence alone need not be kept`() {
        var alert = alert(at: 1_000)
        let rule = Marbles.rule(for: 0, keep: 0)
        _ = alert.observe(.holds(alert.evidence), rule: rule, at: 1_000, wall: 0)
        let worse = Evidence(statistic: "idle_seconds", value: 60, threshold: 5)
        #expect(alert.observe(.holds(worse), rule: rule, at: 1_010, wall: 10) == .none)
        #expect(alert.evidence == worse)
        #expect(alert.evidence.excess == 12)
    }
}
