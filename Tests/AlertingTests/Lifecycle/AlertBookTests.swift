// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import DriftMonitor
import DriftStatistics
import Testing

struct AlertBookTests {
    private func rule(
        _ statistic: RuleStatistic,
        _ condition: AlertRule.Condition,
        features: [String] = ["*"],
        models: [String] = ["*"],
        window: String? = nil,
        minimumRows: UInt64? = nil
    ) -> AlertRule {
        AlertRule(
            name: "R",
            statistic: statistic,
            condition: condition,
            features: NameSelection(features),
            models: NameSelection(models),
            window: window,
            minimumRows: minimumRows
        )
    }

    @Test(
        arguments: [
            (["*"], ["carrier", "prediction", "temp"]),
            (["!prediction"], ["carrier", "temp"]),
            (["t*", "pred*"], ["prediction", "temp"]),
            (["*", "!t*", "!*r"], ["prediction"]),
            (["other"], []),
        ] as [([String], [String])]
    )
    func `a rule looks at the features that its patterns mean`(
        patterns: [String],
        features: [String]
    ) throws {
        var model = try WatchedModel([
            rule(.drift, .aboveVerdictThreshold, features: patterns)
        ])
        model.take(.far, 50)
        model.evaluate()
        #expect(model.features("R") == features)
    }

    @Test(arguments: [(["*"], 3), (["d?lay"], 3), (["!delay"], 0), (["other"], 0)])
    func `a rule looks at the models that its patterns mean`(models: [String], count: Int) throws {
        var model = try WatchedModel([rule(.drift, .aboveVerdictThreshold, models: models)])
        model.take(.far, 50)
        model.evaluate()
        #expect(model.features("R").count == count)
    }

    @Test
    func `drift is judged as the verdict is, with its statistic, threshold and noise floor`() throws
    {
        var model = try WatchedModel([rule(.drift, .aboveVerdictThreshold)])
        model.take(.far, 50)
        model.evaluate()
        let report = model.monitor.report(at: model.now).windows[0]
        for (name, statistic, threshold) in [
            ("temp", Statistic.ksStatistic, 0.6), ("carrier", .jsDivergence, 0.1),
        ] {
            let alert = try #require(model.active("R", name))
            let feature = try #require(report.features.first { $0.name == name })
            #expect(feature.verdict == .drifted)
            #expect(alert.state == .firing)
            #expect(alert.window == "100 rows")
            #expect(alert.evidence.statistic == statistic.rawValue)
            #expect(alert.evidence.value == feature.statistics[statistic])
            #expect(alert.evidence.threshold == threshold)
            #expect(alert.evidence.noiseFloor == feature.statistics.noiseFloor(statistic))
            #expect(alert.evidence.rows == 50)
            #expect(!alert.evidence.moved.isEmpty)
        }
        // Half of everything is far: KS is 0.5, below its threshold of 0.6.
        model.take(.near, 50)
        model.evaluate()
        #expect(model.ended("R", "temp")?.resolution == .cleared)
        #expect(model.ended("R", "temp")?.resolvedAt == model.now)
    }

    @Test
    func `a threshold of the rule's own is used instead, and equal is not enough`() throws {
        var model = try WatchedModel([
            rule(.feature(.missingRatio), .above(0.5), features: ["temp"])
        ])
        model.take(.near, 50)
        model.take(.missing, 50)
        model.evaluate()
        #expect(model.book.active.isEmpty)
        model.take(.missing, 1)
        model.evaluate()
        #expect(model.active("R", "temp")?.evidence.value == 0.51)
        model.book.adopt([rule(.feature(.missingRatio), .below(0.52))], wall: 0)
        model.evaluate()
        #expect(model.active("R", "temp")?.evidence.isBelow == true)
        #expect(model.active("R", "temp")?.evidence.threshold == 0.52)
    }

    @Test
    func `an increase of missing values is over the reference's own share`() throws {
        var model = try WatchedModel([rule(.missingRatioIncrease, .above(0.1))])
        model.take(.near, 82)
        model.take(.missing, 18)
        model.evaluate()
        // 0.18 − 0.1 of temp, 0.18 of the others.
        #expect(model.features("R") == ["carrier", "prediction"])
        model.take(.missing, 10)
        model.evaluate()
        let evidence = try #require(model.active("R", "temp")?.evidence)
        #expect(evidence.statistic == "missing_ratio_increase")
        #expect(abs(evidence.value - 0.18) < 1e-12)
    }

    @Test
    func `without a description of the same reference an increase is not known`() throws {
        var model = try WatchedModel([rule(.missingRatioIncrease, .above(0.1))])
        model.take(.missing, 50)
        model.evaluate(describes: nil)
        #expect(model.book.active.isEmpty)
        model.evaluate()
        #expect(model.features("R").count == 3)
        // The alerts after a promotion are held until what is known is the new reference.
        try model.promote(["carrier", "temp"])
        model.take(.missing, 50)
        model.evaluate(describes: 0)
        #expect(model.active("R", "temp")?.heldSince == model.now)
        model.evaluate(describes: 1)
        #expect(model.active("R", "temp")?.heldSince == nil)
    }

    @Test
    func `while a statistic learns its alerts neither fire nor end, and are marked`() throws {
        var model = try WatchedModel([rule(.drift, .aboveVerdictThreshold)], minimumRows: 60)
        model.take(.far, 59)
        model.evaluate()
        #expect(model.book.active.isEmpty)
        model.take(.far, 1)
        model.evaluate()
        #expect(model.features("R").count == 3)
        // Missing rows stand behind JS, and not behind KS.
        model.take(.missing, 45)
        model.evaluate()
        #expect(model.active("R", "temp")?.heldSince == model.now)
        #expect(model.active("R", "temp")?.state == .firing)
        #expect(model.active("R", "carrier")?.heldSince == nil)
        model.take(.near, 100)
        model.evaluate()
        #expect(model.ended("R", "temp")?.resolution == .cleared)
    }

    @Test
    func `a rule may want more rows than a verdict, or fewer`() throws {
        var model = try WatchedModel([rule(.drift, .aboveVerdictThreshold, minimumRows: 20)])
        model.take(.far, 19)
        model.evaluate()
        #expect(model.book.active.isEmpty)
        model.take(.far, 1)
        model.evaluate()
        #expect(model.features("R").count == 3)
        var other = try WatchedModel([rule(.drift, .aboveVerdictThreshold, minimumRows: 1)])
        other.take(.far, 1)
        other.evaluate()
        #expect(other.features("R").count == 3)
        var none = try WatchedModel([rule(.feature(.missingRatio), .below(1), minimumRows: 0)])
        none.evaluate()
        #expect(none.book.active.isEmpty)
    }

    @Test
    func `a rule looks at its window, and without one at the first`() throws {
        let window = rule(.drift, .aboveVerdictThreshold, window: "200 rows")
        var model = try WatchedModel([window], windows: [20, 200])
        model.take(.near, 180)
        model.take(.far, 20)
        model.evaluate()
        #expect(model.book.active.isEmpty)
        model.book.adopt([rule(.drift, .aboveVerdictThreshold)], wall: 0)
        model.evaluate()
        #expect(model.active("R", "temp")?.window == "20 rows")
        // A window that is no more leaves nothing to look at.
        model.book.adopt([rule(.drift, .aboveVerdictThreshold, window: "1h")], wall: 0)
        model.evaluate()
        #expect(model.book.active.isEmpty)
        #expect(model.book.ended.count == 3)
    }

    @Test
    func `a statistic of the other kind is no reading`() throws {
        var model = try WatchedModel([rule(.feature(.unseenRatio), .above(0.5))])
        model.take(.unseen, 50)
        model.evaluate()
        #expect(model.features("R") == ["carrier"])
        model.book.adopt([rule(.feature(.outOfRangeRatio), .above(0.5))], wall: 0)
        model.take(.far, 80)
        model.evaluate()
        #expect(model.features("R") == ["prediction", "temp"])
        #expect(model.ended("R", "carrier")?.resolution == .ruleRemoved)
    }

    @Test
    func `features that a promoted reference has no more end with no data`() throws {
        var model = try WatchedModel([rule(.drift, .aboveVerdictThreshold)])
        model.take(.far, 50)
        model.evaluate()
        try model.promote(["temp", "humidity"])
        model.evaluate(describes: 1)
        #expect(model.ended("R", "carrier")?.resolution == .noData)
        // Others hold until the new windows have rows enough.
        #expect(model.features("R") == ["prediction", "temp"])
        #expect(model.active("R", "temp")?.heldSince == model.now)
        model.take(.far, 50)
        model.evaluate(describes: 1)
        #expect(model.features("R") == ["humidity", "prediction", "temp"])
    }

    @Test
    func `alerts that changed rules mean no more end, the others stay as they are`() throws {
        var model = try WatchedModel([rule(.drift, .aboveVerdictThreshold)])
        model.take(.far, 50)
        model.evaluate()
        model.book.adopt(
            [rule(.drift, .aboveVerdictThreshold, features: ["temp", "carrier"])],
            wall: 0
        )
        #expect(model.ended("R", "prediction")?.resolution == .ruleRemoved)
        let firedAt = try #require(model.active("R", "temp")?.firedAt)
        var graver = rule(.drift, .above(0.2), features: ["temp"])
        graver.severity = .critical
        graver.runbook = "https://runbook"
        model.book.adopt([graver], wall: 0)
        model.evaluate()
        #expect(model.active("R", "temp")?.firedAt == firedAt)
        #expect(model.active("R", "temp")?.severity == .critical)
        #expect(model.active("R", "temp")?.runbook == "https://runbook")
        model.book.adopt([rule(.traffic(.idleSeconds), .above(1))], wall: 0)
        #expect(model.book.active.isEmpty)
    }

    @Test
    func `what changed rules mean no more after a start ends with the first report`() throws {
        var model = try WatchedModel([rule(.drift, .aboveVerdictThreshold)])
        model.take(.far, 50)
        model.evaluate()
        let kept = Array(model.book.active.values)
        model.book = AlertBook(
            rules: [rule(.drift, .aboveVerdictThreshold, features: ["carrier"])],
            kept: kept
        )
        model.book.adopt(model.book.rules, wall: model.now)
        #expect(model.features("R").count == 3)
        model.evaluate()
        #expect(model.features("R") == ["carrier"])
        #expect(model.ended("R", "temp")?.resolution == .ruleRemoved)
        #expect(model.ended("R", "temp")?.resolvedAt == model.now)
    }

    @Test
    func `a rule that wants more rows than its window holds never fires`() throws {
        let model = try WatchedModel([], windows: [100, 500])
        func can(_ rows: UInt64?, _ window: String? = nil) -> Bool {
            rule(.drift, .aboveVerdictThreshold, window: window, minimumRows: rows)
                .canHaveRows(in: model.descriptions)
        }
        #expect(can(nil) && can(100) && !can(101))
        #expect(can(500, "500 rows") && !can(501, "500 rows") && can(501, "none"))
        let traffic = rule(.traffic(.errorRatio), .above(0), minimumRows: 1_000)
        #expect(traffic.canHaveRows(in: model.descriptions))
    }

    @Test
    func `an alert that goes on is kept anew once a minute`() throws {
        var model = try WatchedModel([rule(.drift, .aboveVerdictThreshold, features: ["temp"])])
        model.take(.far, 50)
        var kept: [Double] = []
        for _ in 0..<20 {
            model.evaluate()
            kept += model.book.takeUnkept().values.compactMap { $0?.observedAt }
        }
        #expect(kept.map { $0 - kept[0] } == [0, 60, 120, 180])
    }

    @Test
    func `what is watched no more ends with no data, at the time it was last looked at`() throws {
        var model = try WatchedModel([rule(.drift, .aboveVerdictThreshold)])
        model.take(.far, 50)
        model.evaluate()
        let looked = model.now
        let version = { (isWatched: Bool) in
            TrafficSample(versions: [
                .init(
                    model: "delay",
                    version: "1",
                    records: 50,
                    failed: 0,
                    lastRecord: looked,
                    isWatched: isWatched
                )
            ])
        }
        model.book.observe(version(true), wall: looked + 5)
        #expect(model.features("R").count == 3)
        model.book.observe(version(false), wall: looked + 86_400)
        #expect(model.book.active.isEmpty)
        #expect(model.ended("R", "temp")?.resolution == .noData)
        #expect(model.ended("R", "temp")?.resolvedAt == looked)
        #expect(model.ended("R", "temp")?.resolvedWall == looked + 86_400)
    }

    @Test
    func `there are no more alerts than the limit, and the rest is counted`() {
        var book = AlertBook(rules: [rule(.traffic(.idleSeconds), .above(1))])
        let sample = TrafficSample(
            versions: (0..<AlertBook.maximumAlerts + 7).map {
                .init(model: "m", version: "\($0)", records: 0, failed: 0, lastRecord: 0)
            }
        )
        book.observe(sample, wall: 10)
        #expect(book.active.count == AlertBook.maximumAlerts)
        #expect(book.refused == 7)
    }
}
