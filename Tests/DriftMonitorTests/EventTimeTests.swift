// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import DriftStatistics
import PredictionLog
import TestSupport
import Testing

/// The event clock of a monitor: late rows, panes' borders, batches.
struct EventTimeTests {
    private static let arrival = 1e10

    private func monitor(
        _ windows: [WindowDefinition] = SmallWorld.windows,
        lateness: Int
    ) throws -> ModelMonitor {
        ModelMonitor(
            reference: try SmallWorld.reference(),
            digest: "digest",
            settings: MonitorSettings(windows: windows, clock: .event, latenessSeconds: lateness)
        )
    }

    /// Rows nearly in order, with ties, gaps, a jump of years, and now and then one in the future.
    private func stream(_ count: Int, using random: inout SeededGenerator) -> [Row] {
        var time = 1e6
        return (0..<count).map { _ in
            time += [0, 1, 10, 30, 70, 400, 1e8].randomElement(using: &random) ?? 0
            if Int.random(in: 0..<25, using: &random) == 0 {
                return Row.random(time: Self.arrival + 61, using: &random)
            }
            let back = Double.random(in: 0...150, using: &random)
            return Row.random(
                time: Bool.random(using: &random) ? time : time - back,
                using: &random
            )
        }
    }

    @Test(arguments: [0, 1, 60, 90, 300])
    func `reports equal those of the rows in the windows, at borders and for looking`(
        lateness: Int
    ) throws {
        for seed in 0..<10 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            var monitor = try monitor(lateness: lateness)
            var naive = NaiveWindows(reference: monitor.reference, settings: monitor.settings)
            var watermark = -Double.infinity
            var closed: Set<Double> = []
            for row in stream(40, using: &random) {
                let isFuture = row.time > Self.arrival + 60
                let end = ((row.time / 60).rounded(.down) + 1) * 60
                let isLate = !isFuture && end <= watermark - Double(lateness)
                var expected: [[[FeatureStatistics]]] = []
                var borders: [Double] = []
                if !isFuture, !isLate {
                    watermark = max(watermark, row.time)
                    let ends = Set(naive.rows.map { (($0.time / 60).rounded(.down) + 1) * 60 })
                    borders = ends.subtracting(closed)
                        .filter { $0 <= watermark - Double(lateness) }.sorted()
                    closed.formUnion(borders)
                    expected = borders.map { naive.statistics(at: $0 - 60, upTo: $0) }
                    naive.rows.append(row)
                }
                var batch = try RecordBatch([row])
                let observation = monitor.observe(&batch, now: Self.arrival)
                #expect(observation.late == (isLate ? 1 : 0))
                #expect(observation.future == (isFuture ? 1 : 0))
                #expect(observation.accepted == (isLate || isFuture ? 0 : 1))
                #expect(observation.reports.map(\.time) == borders)
                #expect(observation.reports.map(\.statistics) == expected)
                if watermark.isFinite {
                    let look = monitor.report(at: Self.arrival)
                    #expect(look.time == watermark)
                    #expect(look.statistics == naive.statistics(at: watermark))
                }
            }
        }
    }

    @Test
    func `any batching gives identical reports`() throws {
        var total = ModelMonitor.Observation()
        for seed in 0..<30 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let rows = stream(80, using: &random)
            var single = try monitor(lateness: 60)
            var whole = try RecordBatch(rows, spare: 3)
            var expected = single.observe(&whole, now: Self.arrival)
            expected.reports += single.finish()

            var split = try monitor(lateness: 60)
            var observed = ModelMonitor.Observation()
            var rest = rows[...]
            while !rest.isEmpty {
                let part = rest.prefix(Int.random(in: 1...9, using: &random))
                rest = rest.dropFirst(part.count)
                var batch = try RecordBatch(part, spare: Int.random(in: 0...3, using: &random))
                let observation = split.observe(&batch, now: Self.arrival)
                observed.accepted += observation.accepted
                observed.late += observation.late
                observed.future += observation.future
                observed.reports += observation.reports
            }
            observed.reports += split.finish()
            #expect(observed == expected)
            #expect(split.report(at: 0) == single.report(at: 0))
            total.late += expected.late
            total.future += expected.future
            total.reports += expected.reports
        }
        #expect(total.late > 50 && total.future > 50 && total.reports.count > 50)
    }

    @Test
    func `any order within the lateness gives identical time windows`() throws {
        let windows = Array(SmallWorld.windows.prefix(2))
        for seed in 0..<40 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let rows = (0..<60).map { index in
                Row.random(time: 1e6 + Double(index) * 20, using: &random)
            }
            // Every row is moved by less than five others, 100 s.
            let shuffled = rows.enumerated()
                .map { ($0.element, Double($0.offset) + Double.random(in: 0..<5, using: &random)) }
                .sorted { $0.1 < $1.1 }.map(\.0)
            var reports: [[MonitorReport]] = []
            for rows in [rows, shuffled] {
                var monitor = try monitor(windows, lateness: 100)
                var batch = try RecordBatch(rows)
                let observation = monitor.observe(&batch, now: Self.arrival)
                #expect(observation.late == 0)
                reports.append(observation.reports + monitor.finish())
            }
            #expect(reports[0] == reports[1])
            #expect(reports[0].count > 10)
        }
    }

    @Test
    func `a row without a time takes that of its arrival`() throws {
        var monitor = try monitor(lateness: 0)
        var batch = try RecordBatch([Row(time: 100), Row(), Row(time: 100)])
        let observation = monitor.observe(&batch, now: 130)
        #expect(observation.accepted == 2 && observation.late == 1)
        #expect(observation.reports.map(\.time) == [120])
        #expect(monitor.report(at: 500).windows[3].to == 130)
    }

    @Test
    func `at its border a window ends with the pane, rows of later panes apart`() throws {
        var monitor = try monitor(lateness: 60)
        var batch = try RecordBatch([Row(time: 10), Row(time: 70), Row(time: 125)])
        let observation = monitor.observe(&batch, now: Self.arrival)
        let report = try #require(observation.reports.first)
        #expect(observation.reports.count == 1)
        #expect(report.time == 60)
        #expect(report.windows.map(\.rows) == [1, 1, 2, 2])
        #expect(report.windows[0].from == 0 && report.windows[0].to == 60)
        let look = monitor.report(at: 0)
        #expect(look.windows.map(\.rows) == [3, 3, 3, 3])
        #expect(look.windows[0].from == 0 && look.windows[0].to == 125)
    }

    @Test(.mustEnd)
    func `a jump of thousands of years costs as much as the panes that are open`() throws {
        let second = WindowDefinition(name: "s", extent: .panes(count: 10, seconds: 1))
        let minute = WindowDefinition(name: "m", extent: .panes(count: 10, seconds: 60))
        for clock in [MonitorClock.arrival, .event] {
            var monitor = ModelMonitor(
                reference: try SmallWorld.reference(),
                digest: "digest",
                settings: MonitorSettings(
                    windows: [second, minute],
                    clock: clock,
                    latenessSeconds: 2
                )
            )
            var reports: [Double] = []
            for time in [0.0, 1.5, 2, 253_402_300_799, 253_402_300_799.9] {
                var batch = try RecordBatch([Row(time: time)])
                reports += monitor.observe(&batch, now: time).reports.map(\.time)
            }
            #expect(reports == (clock == .event ? [1, 2, 3] : []))
            #expect(monitor.report(at: 253_402_300_799.9).windows.map(\.rows) == [2, 2])
        }
    }

    @Test
    func `the arrival clock does not move event time`() throws {
        var monitor = try monitor(lateness: 60)
        var batch = try RecordBatch([Row(time: 10)])
        _ = monitor.observe(&batch, now: Self.arrival)
        let before = monitor.report(at: Self.arrival)
        monitor.advance(to: Self.arrival + 1e6)
        #expect(monitor.report(at: Self.arrival + 1e6) == before)
    }
}
