// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import TestSupport
import Testing

struct CompactCountsTests {
    /// A pane whose counts are made by repeating rows of one feature.
    private func pane(cells: Int, counts: [Int: Int]) -> PaneCounts {
        let layout = CellLayout(cellCounts: [cells])
        var pane = PaneCounts(cellCount: cells)
        for (cell, count) in counts {
            let column = [UInt16](repeating: UInt16(cell), count: count)
            pane.count(0..<count, of: column.span, capacity: count, layout: layout)
        }
        return pane
    }

    @Test
    func `takes pairs for few counts, 16 bits for many, 32 for large ones`() {
        let few = CompactCounts(pane(cells: 100, counts: [3: 2, 99: 1]))
        #expect(few.form == .pairs([3, 2, 96, 1]))
        let many = CompactCounts(pane(cells: 3, counts: [0: 1, 1: 65_535, 2: 7]))
        #expect(many.form == .narrow([1, 65_535, 7]))
        let large = CompactCounts(pane(cells: 2, counts: [0: 1, 1: 65_536]))
        #expect(large.form == .wide([1, 65_536], carries: []))
    }

    @Test
    func `spreads a distance and a count that do not fit 16 bits over several pairs`() {
        let layout = CellLayout(cellCounts: [65_536, 65_536])
        var pane = PaneCounts(cellCount: layout.cellCount)
        let cells = [UInt16](repeating: 5, count: 65_540) + [UInt16](repeating: 9, count: 65_540)
        pane.count(0..<65_540, of: cells.span, capacity: 65_540, layout: layout)
        #expect(
            CompactCounts(pane).form
                == .pairs([5, 65_535, 0, 5, 65_535, 0, 5, 65_535, 0, 5])
        )
    }

    @Test
    func `gives back what it took, in every form`() {
        var random = SeededGenerator(seed: 1)
        var forms: Set<String> = []
        for _ in 0..<2_000 {
            let cells = [1, 2, 7, 40].randomElement(using: &random) ?? 1
            let largest = [1, 3, 70_000].randomElement(using: &random) ?? 1
            var counts: [Int: Int] = [:]
            for cell in 0..<cells where Bool.random(using: &random) || largest == 3 {
                counts[cell] = Int.random(in: 1...largest, using: &random)
                if largest > 3, counts.count > 2 { counts[cell] = 1 }
            }
            let pane = pane(cells: cells, counts: counts)
            let compact = CompactCounts(pane)
            switch compact.form {
            case .pairs: forms.insert("pairs")
            case .narrow: forms.insert("narrow")
            case .wide: forms.insert("wide")
            }
            let before = (0..<cells).map { _ in UInt64.random(in: 0...9, using: &random) }
            var sums = before
            compact.add(to: &sums)
            #expect(sums == (0..<cells).map { before[$0] + UInt64(counts[$0] ?? 0) })
            compact.subtract(from: &sums)
            #expect(sums == before)
        }
        #expect(forms == ["pairs", "narrow", "wide"])
    }
}
