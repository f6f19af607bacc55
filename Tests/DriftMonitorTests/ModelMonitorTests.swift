// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import DriftStatistics
import PredictionLog
import TestSupport
import Testing

struct ModelMonitorTests {
    private func monitor(
        _ windows: [WindowDefinition] = SmallWorld.windows,
        clock: MonitorClock = .arrival,
        lateness: Int = 60
    ) throws -> ModelMonitor {
        ModelMonitor(
            reference: try SmallWorld.reference(),
            digest: "digest",
            settings: MonitorSettings(
                windows: windows,
                clock: clock,
                latenessSeconds: lateness,
                minimumRows: 3
            )
        )
    }

    @Test
    func `the schema has the features in order, and the prediction apart`() throws {
        let schema = ModelMonitor.schema(of: try SmallWorld.reference())
        #expect(schema.model == "delay" && schema.version == "1")
        #expect(schema.features.map(\.name) == ["speed", "carrier"])
        #expect(schema.features.map(\.kind) == [.numeric, .categorical(["AA", "BB", "CC"])])
        #expect(schema.prediction == .numeric)
        #expect(schema.columnCount == 3)
    }

    @Test
    func `reports equal those of the rows in the windows, on the arrival clock`() throws {
        for seed in 0..<40 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            var monitor = try monitor()
            var naive = NaiveWindows(reference: monitor.reference, settings: monitor.settings)
            var now = Double.random(in: 0...1e9, using: &random)
            for _ in 0..<20 {
                now += [0, 1, 59, 60, 61, 200, 1_000, 1e8].randomElement(using: &random) ?? 0
                var rows = (0..<Int.random(in: 0...9, using: &random)).map { _ in
                    Row.random(using: &random)
                }
                var batch = try RecordBatch(rows)
                let observation = monitor.observe(&batch, now: now)
                #expect(observation == .init(accepted: rows.count))
                for index in rows.indices { rows[index].time = now }
                naive.rows += rows
                if Bool.random(using: &random) { now += Double.random(in: 0...100, using: &random) }
                let report = monitor.report(at: now)
                #expect(report.time == now)
                #expect(report.statistics == naive.statistics(at: now))
            }
        }
    }

    @Test
    func `a clock set back neither loses nor doubles a row`() throws {
        for seed in 0..<40 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            var monitor = try monitor([
                WindowDefinition(name: "w", extent: .panes(count: 1_000, seconds: 60)),
                WindowDefinition(name: "c", extent: .panes(count: 1_000, seconds: 420)),
            ])
            var now = 1e9
            var rows: UInt64 = 0
            for _ in 0..<60 {
                now += Double.random(in: -300...300, using: &random)
                var batch = try RecordBatch([Row(), Row(speed: 3)])
                _ = monitor.observe(&batch, now: now)
                rows += 2
                let report = monitor.report(at: now)
                #expect(report.windows.map(\.rows) == [rows, rows])
                #expect(report.windows[0].features[0].statistics.bins.reduce(0, +) == rows)
            }
            // All of it leaves when its time has passed.
            #expect(monitor.report(at: now + 1_002 * 420).windows.map(\.rows) == [0, 0])
        }
    }

    @Test
    func `a year ahead and back again goes on as before`() throws {
        var monitor = try monitor([
            WindowDefinition(name: "w", extent: .panes(count: 2, seconds: 60))
        ])
        for now in [1e9, 1e9 + 31_536_000, 1e9 + 60] {
            var batch = try RecordBatch([Row()])
            _ = monitor.observe(&batch, now: now)
        }
        #expect(monitor.report(at: 1e9 + 60).windows[0].rows == 2)
        #expect(monitor.report(at: 1e9 + 180).windows[0].rows == 0)
    }

    @Test
    func `looking changes nothing that comes later`() throws {
        for clock in [MonitorClock.arrival, .event] {
            for seed in 0..<30 as Range<UInt64> {
                var random = SeededGenerator(seed: seed)
                var watched = try monitor(clock: clock)
                var alone = watched
                var now = 1e6
                for _ in 0..<30 {
                    now += Double.random(in: 0...150, using: &random)
                    let time = now - Double.random(in: 0...120, using: &random)
                    var batch = try RecordBatch([Row.random(time: time, using: &random)])
                    var same = batch
                    #expect(watched.observe(&batch, now: now) == alone.observe(&same, now: now))
                    for _ in 0..<3 { _ = watched.report(at: now) }
                }
                #expect(watched.report(at: now) == alone.report(at: now))
            }
        }
    }

    @Test
    func `an empty monitor reports windows without rows, and learns`() throws {
        for clock in [MonitorClock.arrival, .event] {
            var monitor = try monitor(clock: clock)
            let report = monitor.report(at: 77)
            #expect(report.time == 77)
            #expect(report.windows.map(\.window) == SmallWorld.windows.map(\.name))
            for window in report.windows {
                #expect(window.rows == 0 && window.from == nil && window.to == nil)
                #expect(window.verdict == .learning)
                #expect(window.features.map(\.name) == ["speed", "carrier", "prediction"])
            }
        }
    }

    @Test
    func `windows say from when to when their rows are`() throws {
        var monitor = try monitor([
            WindowDefinition(name: "3m", extent: .panes(count: 3, seconds: 60)),
            WindowDefinition(name: "2 rows", extent: .rows(2)),
        ])
        for now in [610.0, 650, 700] {
            var batch = try RecordBatch([Row()])
            _ = monitor.observe(&batch, now: now)
        }
        let report = monitor.report(at: 725)
        #expect(report.windows.map(\.from) == [600, 650])
        #expect(report.windows.map(\.to) == [725, 700])
        #expect(monitor.report(at: 780).windows[0].from == 660)
    }

    @Test
    func `other thresholds keep the counts, other windows do not`() throws {
        var monitor = try monitor()
        var batch = try RecordBatch(Array(repeating: Row(speed: 3), count: 5))
        _ = monitor.observe(&batch, now: 10)
        var settings = monitor.settings
        #expect(monitor.report(at: 10).windows[0].features[0].verdict == .drifted)
        settings.thresholds.features["speed"] = .init(ksStatistic: 1)
        #expect(monitor.adopt(settings) == true)
        #expect(monitor.report(at: 10).windows[0].features[0].verdict == .steady)
        settings.minimumRows = 6
        #expect(monitor.adopt(settings) == true)
        #expect(monitor.report(at: 10).windows[0].features[0].verdict == .learning)
        settings.windows.removeLast()
        #expect(monitor.adopt(settings) == false)
        #expect(monitor.report(at: 10).windows.count == 4)
    }
}
