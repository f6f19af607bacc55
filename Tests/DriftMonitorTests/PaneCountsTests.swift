// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import Testing

struct PaneCountsTests {
    /// Two features of 3 and 2 cells, in columns 4 apart.
    private let layout = CellLayout(cellCounts: [3, 2])
    private let cells: [UInt16] = [0, 2, 2, 1, 1, 1, 0, 1]

    @Test
    func `counts the rows asked for and no others`() {
        var pane = PaneCounts(cellCount: layout.cellCount)
        pane.count(1..<3, of: cells.span, capacity: 4, layout: layout)
        #expect(pane.rows == 2)
        #expect(pane.counts == [0, 0, 2, 1, 1])
        pane.removeAll()
        #expect(pane == PaneCounts(cellCount: layout.cellCount))
    }

    @Test
    func `carries what it has counted before a count could outgrow 32 bits`() {
        let layout = CellLayout(cellCounts: [1])
        let column = [UInt16](repeating: 0, count: 9)
        var pane = PaneCounts(cellCount: 1, settleAfterRows: 10)
        var power = PaneCounts(cellCount: 1)
        power.count(0..<1, of: column.span, capacity: 9, layout: layout)
        for _ in 0..<31 {
            pane.add(power)
            power.add(power)
        }
        #expect(pane.counts == [PaneCounts.carry - 1] && pane.carries.isEmpty)
        pane.count(0..<9, of: column.span, capacity: 9, layout: layout)
        #expect(pane.counts == [PaneCounts.carry + 8] && pane.carries.isEmpty)
        pane.count(0..<2, of: column.span, capacity: 9, layout: layout)
        #expect(pane.counts == [10] && pane.carries == [0])
        #expect(pane.rows == UInt64(PaneCounts.carry) + 10)
    }

    @Test
    func `loses nothing when a count outgrows 32 bits`() {
        var pane = PaneCounts(cellCount: layout.cellCount)
        pane.count(0..<3, of: cells.span, capacity: 4, layout: layout)
        var factor: UInt64 = 1
        for _ in 0..<34 {
            pane.add(pane)
            factor *= 2
        }
        // Settled counts go on being counted.
        pane.count(0..<3, of: cells.span, capacity: 4, layout: layout)
        factor += 1
        #expect(pane.rows == 3 * factor)
        var sums = [UInt64](repeating: 1, count: 2)
        pane.add(2..<4, to: &sums)
        #expect(sums == [2 * factor + 1, factor + 1])
        #expect(!pane.carries.isEmpty)

        var all = [UInt64](repeating: 0, count: 5)
        let compact = CompactCounts(pane)
        compact.add(to: &all)
        #expect(all == [factor, 0, 2 * factor, factor, 2 * factor])
        compact.subtract(from: &all)
        #expect(all == [0, 0, 0, 0, 0])
    }
}
