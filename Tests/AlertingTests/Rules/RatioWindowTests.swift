// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import TestSupport
import Testing

/// Rules on traffic, seen from outside: through the alerts that come of them.
struct RatioWindowTests {
    private let key = AlertKey(rule: "Dropped")

    private func book(over span: Double, minimumRows: UInt64? = nil) -> AlertBook {
        AlertBook(rules: [
            AlertRule(
                name: "Dropped",
                statistic: .traffic(.droppedRatio),
                condition: .above(0),
                overSeconds: span,
                minimumRows: minimumRows
            )
        ])
    }

    private func sample(_ records: UInt64, dropped: UInt64) -> TrafficSample {
        TrafficSample(
            versions: [.init(model: "m", version: "1", records: records, failed: 0, lastRecord: 0)],
            dropped: dropped
        )
    }

    @Test
    func `a ratio is of what grew within the span, exact to a tenth of it`() throws {
        for seed in UInt64(1)...20 {
            var random = SeededGenerator(seed: seed)
            let span = 300.0
            var book = book(over: span)
            var history: [(time: Double, part: UInt64, whole: UInt64)] = []
            var (time, records, dropped) = (1_000.0, UInt64(0), UInt64(0))
            let interval = Double.random(in: 1...40, using: &random)
            for _ in 0..<200 {
                time += interval
                records += UInt64.random(in: 0...50, using: &random)
                dropped += UInt64.random(in: 1...5, using: &random)
                history.append((time, dropped, records &+ dropped))
                book.observe(sample(records, dropped: dropped), wall: time)
                guard history.count > 1 else {
                    #expect(book.active.isEmpty)
                    continue
                }
                let evidence = try #require(book.active[key]?.evidence)
                // The share since one of the samples of the right age.
                let oldest = time - span * 1.1 - interval
                let isRight = history.contains { old in
                    let isOfAge =
                        old.time >= oldest
                        && (old.time <= time - span || old.time == 1_000 + interval)
                    let whole = history[history.count - 1].whole - old.whole
                    let part = Double(dropped - old.part)
                    return isOfAge && evidence.rows == whole
                        && evidence.value == part / Double(whole)
                }
                #expect(isRight, "seed \(seed) at \(time): \(evidence)")
            }
        }
    }

    @Test
    func `numbers that are counted anew, and a clock set back, say nothing once`() {
        var book = book(over: 100)
        book.observe(sample(100, dropped: 0), wall: 0)
        book.observe(sample(200, dropped: 50), wall: 10)
        #expect(book.active[key]?.evidence.value == 50.0 / 150)
        book.observe(sample(10, dropped: 2), wall: 20)
        #expect(book.active[key]?.heldSince == 20)
        book.observe(sample(30, dropped: 12), wall: 30)
        #expect(book.active[key]?.heldSince == nil)
        #expect(book.active[key]?.evidence.value == 10.0 / 30)
        book.observe(sample(40, dropped: 22), wall: 5)
        #expect(book.active[key]?.heldSince == 5)
        book.observe(sample(40, dropped: 32), wall: 15)
        #expect(book.active[key]?.evidence.value == 1)
    }

    @Test
    func `fewer records than the rule wants say nothing`() {
        var book = book(over: 100, minimumRows: 100)
        book.observe(sample(0, dropped: 0), wall: 0)
        book.observe(sample(50, dropped: 49), wall: 10)
        #expect(book.active.isEmpty)
        book.observe(sample(50, dropped: 50), wall: 20)
        #expect(book.active[key]?.evidence.rows == 100)
        // Nothing at all within the span says nothing, either.
        book.observe(sample(50, dropped: 50), wall: 200)
        book.observe(sample(50, dropped: 50), wall: 400)
        #expect(book.active[key]?.heldSince != nil)
    }

    @Test
    func `other rules do not begin the span anew for those that stay`() {
        var book = book(over: 100)
        book.observe(sample(100, dropped: 0), wall: 0)
        let more = AlertRule(
            name: "Idle",
            statistic: .traffic(.idleSeconds),
            condition: .above(1_000)
        )
        book.adopt(book.rules + [more], wall: 5)
        book.observe(sample(200, dropped: 100), wall: 10)
        #expect(book.active[key]?.evidence.value == 0.5)
        book.adopt([more], wall: 15)
        #expect(book.ended[key]?.resolution == .ruleRemoved)
    }

    @Test
    func `a version's errors and idle time are its own`() {
        var book = AlertBook(rules: [
            AlertRule(
                name: "Errors",
                statistic: .traffic(.errorRatio),
                condition: .above(0.5),
                models: NameSelection(["!other"])
            ),
            AlertRule(
                name: "Idle",
                statistic: .traffic(.idleSeconds),
                condition: .above(60)
            ),
        ])
        func sample(_ factor: UInt64) -> TrafficSample {
            TrafficSample(versions: [
                .init(
                    model: "m",
                    version: "1",
                    records: 10 * factor,
                    failed: 6 * factor,
                    lastRecord: 0
                ),
                .init(
                    model: "m",
                    version: "2",
                    records: 10 * factor,
                    failed: 5 * factor,
                    lastRecord: nil
                ),
                .init(
                    model: "other",
                    version: "1",
                    records: 10 * factor,
                    failed: 10 * factor,
                    lastRecord: 61
                ),
            ])
        }
        book.observe(sample(1), wall: 60)
        book.observe(sample(2), wall: 61)
        #expect(
            Set(book.active.keys) == [
                AlertKey(rule: "Errors", model: "m", version: "1"),
                AlertKey(rule: "Idle", model: "m", version: "1"),
            ]
        )
    }

    @Test
    func `a model that never had a record is idle since it is watched, unless it is served`() {
        let rule = AlertRule(
            name: "Idle",
            statistic: .traffic(.idleSeconds),
            condition: .above(60)
        )
        func sample(_ last: [Double?]) -> TrafficSample {
            TrafficSample(
                versions: last.enumerated().map { index, last in
                    .init(
                        model: "m",
                        version: "\(index)",
                        records: 0,
                        failed: 0,
                        lastRecord: last
                    )
                }
            )
        }
        var book = AlertBook(rules: [rule])
        book.observe(sample([nil]), wall: 1_000)
        book.observe(sample([nil]), wall: 1_060)
        #expect(book.active.isEmpty)
        book.observe(sample([nil]), wall: 1_061)
        #expect(book.active.values.map(\.evidence.value) == [61])
        // Neither a restart nor a version that is served instead says that it is over.
        book = AlertBook(rules: [rule], kept: Array(book.active.values))
        book.observe(sample([nil]), wall: 1_070)
        #expect(book.active.values.map { $0.heldSince != nil } == [true])
        book.observe(sample([nil, 1_199]), wall: 1_200)
        #expect(book.active.count == 1)
        book.observe(sample([1_201, 1_201]), wall: 1_202)
        #expect(book.active.isEmpty)
        var later = AlertBook(rules: [rule])
        later.observe(sample([nil, 1_000]), wall: 1_000)
        later.observe(sample([nil, 9_000]), wall: 9_000)
        #expect(later.active.isEmpty)
    }
}
