// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import DriftStatistics
import PredictionLog
import TestSupport
import Testing

struct MemoryBoundTests {
    @Test(arguments: [MonitorClock.arrival, .event], [0, 60, 1_000])
    func `the arrays held never take more than the bound`(
        clock: MonitorClock,
        lateness: Int
    ) throws {
        for seed in 0..<10 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let base = Int.random(in: 1...60, using: &random)
            let settings = MonitorSettings(
                windows: [
                    WindowDefinition(
                        name: "fine",
                        extent: .panes(count: Int.random(in: 1...9, using: &random), seconds: base)
                    ),
                    WindowDefinition(name: "coarse", extent: .panes(count: 4, seconds: 3 * base)),
                    WindowDefinition(
                        name: "rows",
                        extent: .rows(Int.random(in: 1...500, using: &random))
                    ),
                ],
                clock: clock,
                latenessSeconds: lateness
            )
            let reference = try SmallWorld.reference()
            var monitor = ModelMonitor(reference: reference, digest: "d", settings: settings)
            let bound = MemoryBound(reference: reference, settings: settings).total
            var now = 1e6
            var largest = monitor.storageBytes
            for _ in 0..<60 {
                now += Double.random(in: 0...Double(base), using: &random)
                let rows = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                    let back = Double.random(in: 0...Double(lateness + 1), using: &random)
                    return Row.random(time: now - back, using: &random)
                }
                var batch = try RecordBatch(rows)
                _ = monitor.observe(&batch, now: now)
                largest = max(largest, monitor.storageBytes)
            }
            #expect(largest <= bound)
            #expect(largest > 1_000)
        }
    }

    @Test
    func `busy panes come close to the bound`() throws {
        let reference = try Reference(
            model: "m",
            version: "1",
            rows: 3_000,
            features: [
                FeatureReference(
                    name: "x",
                    distribution: .numeric(
                        NumericReference((0..<3_000).map { Double($0) }, resolution: .exact)
                    )
                )
            ]
        )
        let settings = MonitorSettings(
            windows: [
                WindowDefinition(name: "4m", extent: .panes(count: 4, seconds: 60)),
                WindowDefinition(name: "20k", extent: .rows(20_000)),
            ]
        )
        var monitor = ModelMonitor(reference: reference, digest: "d", settings: settings)
        var batch = RecordBatch(columnCount: 1, capacity: 73_000)
        for index in 0..<73_000 {
            let value = [index < 66_000 ? 0 : Double(index % 6_000) / 2]
            let isAppended = batch.append(timestamp: .nan, numbers: value.span, cells: [0].span)
            #expect(isAppended)
        }
        for pane in 0..<5 { _ = monitor.observe(&batch, now: Double(pane * 60)) }
        let bound = MemoryBound(reference: reference, settings: settings)
        #expect(monitor.storageBytes <= bound.total)
        #expect(Double(monitor.storageBytes) > 0.85 * Double(bound.total))
        #expect(bound.windows.map(\.name) == ["4m", "20k"])
        #expect(bound.windows.reduce(bound.openPanes) { $0 + $1.bytes } == bound.total)
    }

    @Test
    func `the largest extents have a bound, computed without taking memory`() throws {
        let bound = MemoryBound(
            reference: try SmallWorld.reference(),
            settings: MonitorSettings(
                windows: [
                    WindowDefinition(name: "p", extent: .panes(count: .max, seconds: .max)),
                    WindowDefinition(name: "r", extent: .rows(.max)),
                ],
                clock: .event,
                latenessSeconds: .max
            )
        )
        #expect(bound.windows[0].bytes > 100_000 * 4 * 33)
        #expect(bound.windows[1].bytes > 100_000_000 * 2 * 3)
        #expect(bound.total < 10_000_000_000)
    }
}
