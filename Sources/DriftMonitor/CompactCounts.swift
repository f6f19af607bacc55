// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The counts of a closed pane, in the smallest of three forms.
///
/// A pane of a few hundred rows fills a small part of its cells, so it is kept as pairs; a busy
/// one as an array of 16 bits, or of 32. Nothing is lost in any form, and none changes any more.
package struct CompactCounts: Sendable, Equatable {
    /// How the counts are held.
    package enum Form: Sendable, Equatable {
        /// Pairs of 16 bits, cells ascending: the distance from the cell of the pair before (from
        /// cell 0 for the first), and a count to add there. A distance or a count that does not
        /// fit is spread over several pairs.
        case pairs([UInt16])
        /// One count of 16 bits a cell.
        case narrow([UInt16])
        /// One count of 32 bits a cell, and the cells that have another 2³¹, once for each.
        case wide([UInt32], carries: [UInt32])
    }

    /// The form taken.
    package let form: Form

    /// Takes over the counts of a pane.
    ///
    /// - Complexity: O(cells), one allocation.
    package init(_ pane: PaneCounts) {
        let pairs = Self.pairCount(of: pane.counts)
        let largest = pane.counts.max() ?? 0
        let isNarrow = largest <= UInt16.max && pane.carries.isEmpty
        // Bytes: 4 a pair against 2 or 4 a cell.
        if pane.carries.isEmpty, 4 * pairs < (isNarrow ? 2 : 4) * pane.counts.count {
            form = .pairs(Self.pairs(of: pane.counts, count: pairs))
        } else if isNarrow {
            form = .narrow(pane.counts.map { UInt16(truncatingIfNeeded: $0) })
        } else {
            form = .wide(pane.counts, carries: pane.carries)
        }
    }

    /// Adds every count to `sums`, one entry a cell.
    ///
    /// - Complexity: O(pairs or cells), no allocation.
    package func add(to sums: inout [UInt64]) {
        forEach { cell, count in sums[cell] += count }
    }

    /// Takes every count away from `sums`, to which it was added before.
    ///
    /// - Complexity: O(pairs or cells), no allocation.
    package func subtract(from sums: inout [UInt64]) {
        forEach { cell, count in sums[cell] -= count }
    }

    /// Whether every cell that is counted lies below a number of cells.
    ///
    /// - Complexity: O(pairs or cells), no allocation.
    package func fits(cellCount: Int) -> Bool {
        var fits = true
        forEach { cell, _ in if cell >= cellCount { fits = false } }
        return fits
    }

    /// The bytes of the arrays held, as reserved.
    package var storageBytes: Int {
        switch form {
        case .pairs(let words), .narrow(let words): Footprint.held(words)
        case .wide(let words, let carries): Footprint.held(words) + Footprint.held(carries)
        }
    }

    /// Calls `body` with cells and what to count there; a cell may come more than once.
    @inline(__always)
    private func forEach(_ body: (Int, UInt64) -> Void) {
        switch form {
        case .pairs(let words):
            var cell = 0
            for pair in stride(from: 0, to: words.count, by: 2) {
                cell += Int(words[pair])
                body(cell, UInt64(words[pair + 1]))
            }
        case .narrow(let words):
            for cell in words.indices { body(cell, UInt64(words[cell])) }
        case .wide(let words, let carries):
            for cell in words.indices { body(cell, UInt64(words[cell])) }
            for cell in carries { body(Int(cell), UInt64(PaneCounts.carry)) }
        }
    }

    /// How many pairs the counts take.
    private static func pairCount(of counts: [UInt32]) -> Int {
        let limit = Int(UInt16.max)
        var pairs = 0
        var last = 0
        for cell in counts.indices where counts[cell] != 0 {
            // One pair for each full count and for the rest; a full distance takes one more.
            pairs += max(0, cell - last - 1) / limit + (Int(counts[cell]) + limit - 1) / limit
            last = cell
        }
        return pairs
    }

    /// The counts as pairs.
    private static func pairs(of counts: [UInt32], count: Int) -> [UInt16] {
        let limit = Int(UInt16.max)
        var words: [UInt16] = []
        words.reserveCapacity(2 * count)
        var last = 0
        for cell in counts.indices where counts[cell] != 0 {
            var distance = cell - last
            while distance > limit {
                words += [UInt16.max, 0]
                distance -= limit
            }
            var rest = Int(counts[cell])
            while rest > 0 {
                let part = min(rest, limit)
                words.append(UInt16(distance))
                words.append(UInt16(part))
                rest -= part
                distance = 0
            }
            last = cell
        }
        return words
    }
}
