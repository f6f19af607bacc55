// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import DriftStatistics
import PredictionLog
import TestSupport
import Testing

/// Incremental counts against counts made anew, cell by cell.
struct WindowSetTests {
    /// Rows put into a window set pane after pane, and the list of them.
    private struct World {
        let reference: Reference
        let settings: MonitorSettings
        var windows: WindowSet
        var naive: NaiveWindows
        var pane: Int
        var random: SeededGenerator

        init(seed: UInt64, reference: Reference) {
            random = SeededGenerator(seed: seed)
            self.reference = reference
            let base = Int.random(in: 1...3, using: &random)
            settings = MonitorSettings(
                windows: [
                    WindowDefinition(name: "fine", extent: .panes(count: 3, seconds: base)),
                    WindowDefinition(
                        name: "coarse",
                        extent: .panes(
                            count: Int.random(in: 1...3, using: &random),
                            seconds: base * Int.random(in: 1...5, using: &random)
                        )
                    ),
                    WindowDefinition(
                        name: "rows",
                        extent: .rows(Int.random(in: 1...9, using: &random))
                    ),
                ]
            )
            windows = WindowSet(layout: CellLayout(reference), settings: settings)
            naive = NaiveWindows(reference: reference, settings: settings)
            pane = Int.random(in: -4...4, using: &random)
            windows.advance(to: pane)
        }

        /// Any of: some rows, the next pane, a jump over panes, a jump of years.
        mutating func step() throws {
            let jump = [0, 0, 0, 1, 1, 2, 3, 4, 7, 40_000_000].randomElement(using: &random) ?? 0
            if jump > 0 {
                pane += jump
                _ = windows.closeOldest(below: pane)
                let another = windows.closeOldest(below: pane)
                #expect(another == nil, "one pane is open at a time")
                windows.advance(to: pane)
            }
            let time = Double(pane * settings.basePaneSeconds)
            let rows = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                Row.random(time: time, using: &random)
            }
            var batch = try RecordBatch(rows, spare: Int.random(in: 0...2, using: &random))
            for (index, row) in rows.enumerated() {
                for feature in [0, 2] {
                    guard case .numeric(let numeric) = reference.features[feature].distribution
                    else { continue }
                    let value = feature == 0 ? row.speed : row.prediction
                    batch.cells[feature * batch.capacity + index] = UInt16(
                        numeric.naiveCell(of: value)
                    )
                }
            }
            let cut = Int.random(in: 0...rows.count, using: &random)
            windows.observe(0..<cut, of: batch, pane: pane)
            windows.observe(cut..<rows.count, of: batch, pane: pane)
            naive.rows += rows
        }

        /// Whether every cell of every window is as counted anew.
        func holdsEveryCell() -> Bool {
            let time = Double(pane * settings.basePaneSeconds)
            for (definition, place) in zip(settings.windows, windows.places) {
                let rows = naive.rows(in: definition, at: time)
                let content: any WindowContent =
                    switch place {
                    case .time(let index):
                        TimeWindowContent(
                            windows.timeWindows[index],
                            open: windows.open,
                            basePaneSeconds: settings.basePaneSeconds,
                            time: time
                        )
                    case .count(let index): windows.countWindows[index]
                    }
                guard content.rows == UInt64(rows.count),
                    (content.timeRange == nil) == rows.isEmpty
                else { return false }
                for feature in reference.features.indices {
                    let cells = windows.layout.cells(of: feature)
                    var counts = [UInt64](repeating: 0, count: cells.count)
                    content.add(cells, to: &counts)
                    guard counts == naive.counts(of: feature, over: rows) else { return false }
                }
            }
            return true
        }
    }

    @Test(arguments: 0..<8)
    func `counts are those of the rows held, after any additions, closings and evictions`(
        part: UInt64
    ) throws {
        let reference = try SmallWorld.reference()
        for seed in part * 250..<(part + 1) * 250 {
            var world = World(seed: seed, reference: reference)
            for _ in 0..<9 {
                try world.step()
                #expect(world.holdsEveryCell(), "seed \(seed)")
            }
        }
    }

    @Test
    func `a window of coarser panes equals one with panes of its own`() throws {
        let reference = try SmallWorld.reference()
        let layout = CellLayout(reference)
        let coarse = WindowDefinition(name: "w", extent: .panes(count: 2, seconds: 180))
        let fine = WindowDefinition(name: "f", extent: .panes(count: 60, seconds: 60))
        var random = SeededGenerator(seed: 9)
        var composed = ModelMonitor(
            reference: reference,
            digest: "d",
            settings: MonitorSettings(windows: [fine, coarse])
        )
        var own = ModelMonitor(
            reference: reference,
            digest: "d",
            settings: MonitorSettings(windows: [coarse])
        )
        #expect(layout.featureCount == 3)
        var now = 1_000_000.0
        for _ in 0..<200 {
            now += Double.random(in: 0..<90, using: &random)
            var batch = try RecordBatch([Row.random(using: &random)])
            var again = batch
            _ = composed.observe(&batch, now: now)
            _ = own.observe(&again, now: now)
            #expect(composed.report(at: now).windows[1] == own.report(at: now).windows[0])
        }
    }
}
