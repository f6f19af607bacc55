// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import DriftStatistics
import PredictionLog
import TestSupport
import Testing

struct VerdictTests {
    private func report(_ rows: [Row], _ settings: MonitorSettings) throws -> [FeatureReport] {
        var monitor = ModelMonitor(
            reference: try SmallWorld.reference(),
            digest: "digest",
            settings: settings
        )
        var batch = try RecordBatch(rows)
        _ = monitor.observe(&batch, now: 0)
        return monitor.report(at: 0).windows[0].features
    }

    private func settings(
        minimumRows: UInt64 = 1,
        thresholds: Thresholds = Thresholds()
    ) -> MonitorSettings {
        MonitorSettings(
            windows: [WindowDefinition(name: "rows", extent: .rows(1_000))],
            minimumRows: minimumRows,
            thresholds: thresholds
        )
    }

    @Test(arguments: [(4, true), (5, false), (6, false)])
    func `a statistic learns with fewer rows than the minimum, not with as many`(
        rows: Int,
        isLearning: Bool
    ) throws {
        let rows = Array(repeating: Row(speed: 3), count: rows)
        let features = try report(rows, settings(minimumRows: 5))
        for statistic in Statistic.allCases {
            #expect(features[0].isLearning(statistic) == isLearning)
        }
        #expect(features[0].verdict == (isLearning ? .learning : .drifted))
    }

    @Test
    func `only rows with a value stand behind what is said of values`() throws {
        var rows = Array(repeating: Row(carrier: 4), count: 5)
        for index in 0..<4 { rows[index].carrier = 0 }
        rows[0].speed = .nan
        let features = try report(rows, settings(minimumRows: 5))
        let ofValues: Set<Statistic> = [
            .ksStatistic, .ksPValue, .ksErrorBound, .outOfRangeRatio, .unseenRatio,
        ]
        for statistic in Statistic.allCases {
            #expect(features[0].isLearning(statistic) == ofValues.contains(statistic))
            #expect(features[1].isLearning(statistic) == ofValues.contains(statistic))
            #expect(!features[2].isLearning(statistic))
        }
        // The divergence of a categorical feature counts its missing rows.
        #expect(features.map(\.verdict) == [.learning, .drifted, .drifted])
    }

    @Test
    func `a numeric feature whose values are gone is judged by what is missing`() throws {
        let rows = Array(repeating: Row(speed: .nan), count: 9)
        let gone = try report(rows, settings(minimumRows: 5))[0]
        #expect(gone.threshold.statistic == .jsDivergence && gone.threshold.value == 0.1)
        #expect(gone.verdict == .drifted)
        let own = Thresholds(features: ["speed": .init(jsDivergence: 1)])
        #expect(
            try report(rows, settings(minimumRows: 5, thresholds: own))[0].verdict == .steady
        )
        let few = try report(Array(rows.prefix(4)), settings(minimumRows: 5))[0]
        #expect(few.threshold.statistic == .ksStatistic && few.verdict == .learning)
    }

    @Test
    func `a divergence that chance alone explains is learning`() throws {
        let names = (0..<2_000).map { "c\($0)" }
        let reference = try Reference(
            model: "m",
            version: "1",
            rows: 8_000,
            features: [
                FeatureReference(
                    name: "code",
                    distribution: .categorical(
                        try CategoricalReference((0..<8_000).map { names[$0 % 2_000] })
                    )
                )
            ]
        )
        func feature(_ cells: [UInt16]) throws -> FeatureReport {
            var monitor = ModelMonitor(reference: reference, digest: "d", settings: settings())
            var batch = RecordBatch(columnCount: 1, capacity: cells.count)
            for cell in cells {
                let (numbers, cells) = ([0.0], [cell])
                _ = batch.append(timestamp: .nan, numbers: numbers.span, cells: cells.span)
            }
            _ = monitor.observe(&batch, now: 0)
            return monitor.report(at: 0).windows[0].features[0]
        }
        var generator = SeededGenerator(seed: 3)
        let same = try feature((0..<900).map { _ in .random(in: 0..<2_000, using: &generator) })
        #expect(try #require(same.statistics[.jsDivergence]) > same.threshold.value)
        #expect(same.verdict == .learning)
        let other = try feature(Array(repeating: 7, count: 900))
        #expect(other.verdict == .drifted)
    }

    @Test
    func `an undefined statistic is learning, whatever the minimum`() throws {
        let rows = Array(repeating: Row(speed: .nan), count: 9)
        #expect(try report(rows, settings(minimumRows: 0))[0].verdict == .learning)
        let empty = try report([], settings(minimumRows: 0))
        #expect(empty.map(\.verdict) == [.learning, .learning, .learning])
    }

    @Test
    func `a statistic equal to its threshold is steady, one above has drifted`() throws {
        // All values at 3 against 5 of 7 below 3.
        let rows = Array(repeating: Row(speed: 3), count: 9)
        let value = try #require(
            try report(rows, settings())[0].statistics[.ksStatistic]
        )
        #expect(abs(value - 5.0 / 7) < 1e-12)
        for (threshold, verdict) in [
            (value.nextDown, Verdict.drifted), (value, .steady), (value.nextUp, .steady),
        ] {
            let general = settings(thresholds: Thresholds(ksStatistic: threshold))
            #expect(try report(rows, general)[0].verdict == verdict)
            let own = Thresholds(
                ksStatistic: 0,
                features: ["speed": .init(ksStatistic: threshold)]
            )
            #expect(try report(rows, settings(thresholds: own))[0].verdict == verdict)
        }
    }

    @Test
    func `KS judges numeric features and JS categorical ones`() throws {
        let thresholds = Thresholds(
            ksStatistic: 0.2,
            jsDivergence: 0.3,
            features: ["prediction": .init(jsDivergence: 0.9), "carrier": .init(ksStatistic: 0.8)]
        )
        let features = try report([Row()], settings(thresholds: thresholds))
        #expect(features.map(\.threshold.statistic) == [.ksStatistic, .jsDivergence, .ksStatistic])
        #expect(features.map(\.threshold.value) == [0.2, 0.3, 0.2])
        #expect(thresholds.value(.jsDivergence, feature: "prediction") == 0.9)
        #expect(thresholds.value(.ksStatistic, feature: "carrier") == 0.8)
        #expect(thresholds.value(.psi, feature: "speed") == nil)
    }

    @Test(
        arguments: [
            ([], Verdict.learning),
            ([.learning, .learning], .learning),
            ([.learning, .steady], .steady),
            ([.steady, .learning], .steady),
            ([.drifted, .steady], .drifted),
            ([.steady, .drifted, .learning], .drifted),
        ] as [([Verdict], Verdict)]
    )
    func `a window is as grave as its gravest feature`(features: [Verdict], window: Verdict) {
        #expect(Verdict(features: features) == window)
    }
}
