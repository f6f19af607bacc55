// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import TestSupport
import Testing

struct CompactCountsBytesTests {
    /// Counts of one feature, made by repeating rows.
    private func counts(_ counts: [Int], settleAfterRows: UInt32) -> CompactCounts {
        let layout = CellLayout(cellCounts: [counts.count])
        var pane = PaneCounts(cellCount: counts.count, settleAfterRows: settleAfterRows)
        for cell in counts.indices where counts[cell] > 0 {
            let column = [UInt16](repeating: UInt16(cell), count: counts[cell])
            pane.count(0..<column.count, of: column.span, capacity: column.count, layout: layout)
        }
        return CompactCounts(pane)
    }

    @Test(
        arguments: [
            [0, 0, 0, 0, 0, 0, 0, 3], [1, 2, 3], [70_000, 1], [0], [65_535, 65_536, 0, 0, 0, 0, 9],
        ]
    )
    func `reads what it wrote`(counts: [Int]) {
        let compact = self.counts(counts, settleAfterRows: 100_000)
        let bytes = compact.bytes()
        #expect(CompactCounts(bytes: bytes, cellCount: counts.count) == compact)
        let nonZero = counts.enumerated().filter { $0.element > 0 }
        #expect(compact.countsByCell().map(\.cell) == nonZero.map(\.offset))
        #expect(compact.countsByCell().map(\.count) == nonZero.map { UInt64($0.element) })
        let bound = CompactCounts.cellBound(ofBytes: bytes)
        #expect(CompactCounts(bytes: bytes, cellCount: bound) == compact)
    }

    @Test
    func `refuses counts in cells that there are not`() {
        #expect(CompactCounts(bytes: [1, 5, 0, 1, 0], cellCount: 6) != nil)
        #expect(CompactCounts(bytes: [1, 5, 0, 1, 0], cellCount: 5) == nil)
        #expect(CompactCounts(bytes: [2, 1, 0], cellCount: 1) != nil)
        #expect(CompactCounts(bytes: [2, 1, 0], cellCount: 2) == nil)
        let wide: [UInt8] = [3, 1, 0, 0, 0, 9, 0, 0, 0]
        #expect(CompactCounts(bytes: wide, cellCount: 1) != nil)
        #expect(CompactCounts(bytes: wide + [0, 0, 0, 0], cellCount: 1) != nil)
        #expect(CompactCounts(bytes: wide + [1, 0, 0, 0], cellCount: 1) == nil)
        #expect(CompactCounts(bytes: [], cellCount: 1) == nil)
        #expect(CompactCounts(bytes: [4], cellCount: 1) == nil)
    }

    @Test
    func `adds to sums whatever it read from random bytes`() {
        var random = SeededGenerator(seed: 9)
        for _ in 0..<20_000 {
            let cells = Int.random(in: 0...4, using: &random)
            let count = Int.random(in: 0...16, using: &random)
            var bytes = (0..<count).map { _ in UInt8.random(in: 0...3, using: &random) }
            if let first = bytes.indices.first { bytes[first] = .random(in: 1...3, using: &random) }
            guard let counts = CompactCounts(bytes: bytes, cellCount: cells) else { continue }
            var sums = [UInt64](repeating: 0, count: cells)
            counts.add(to: &sums)
            let byCell = counts.countsByCell()
            #expect(byCell.reduce(0) { $0 + $1.count } == sums.reduce(0, +))
            #expect(counts.bytes() == bytes)
        }
    }
}
