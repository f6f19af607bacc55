// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// A rolling window of the last rows: a ring of cells, and their counts.
///
/// The ring is stored column after column. A batch is taken a column at a time, so that the
/// counts of one feature and one stretch of its ring are all that is touched in the inner loop:
/// `counts[old] -= 1; counts[new] += 1`.
package struct CountWindow: Sendable {
    /// How many rows the window holds when full.
    package let capacity: Int
    /// Cells by feature, then by slot.
    private(set) var ring: [UInt16]
    /// The time of the row in each slot, in Unix seconds.
    private(set) var times: [Double]
    /// Counts by cell of the rows held.
    package private(set) var counts: [UInt32]
    /// The slot that is written next.
    private(set) var next = 0
    /// How many rows are held.
    package private(set) var heldRows = 0

    /// Makes an empty window of `capacity` rows, 1 … 2³² − 1.
    package init(capacity: Int, layout: CellLayout) {
        self.capacity = capacity
        ring = Array(repeating: 0, count: capacity * layout.featureCount)
        times = Array(repeating: 0, count: capacity)
        counts = Array(repeating: 0, count: layout.cellCount)
    }

    /// Takes some rows of a batch; the oldest rows make room.
    ///
    /// - Parameters:
    ///   - rows: Which rows of each column.
    ///   - cells: The batch's cells, column after column, `batchCapacity` apart.
    ///   - batchCapacity: The distance from one column to the next.
    ///   - times: The batch's times, one a row, in Unix seconds.
    ///   - layout: Where each column's counts lie.
    /// - Precondition: Every cell belongs to its feature.
    /// - Complexity: O(rows × features), no allocation.
    package mutating func observe(
        _ rows: Range<Int>,
        of cells: Span<UInt16>,
        batchCapacity: Int,
        times: Span<Double>,
        layout: CellLayout
    ) {
        var row = rows.lowerBound
        while row < rows.upperBound {
            // A stretch ends where the ring does, so it either only fills or only replaces.
            let length = min(rows.upperBound - row, capacity - next)
            let isFull = heldRows == capacity
            for feature in 0..<layout.featureCount {
                let first = feature * batchCapacity + row
                let column = cells.extracting(first..<first + length)
                let start = feature * capacity + next
                let base = layout.cells(of: feature).lowerBound
                if isFull {
                    replace(with: column, in: &ring, from: start, counts: &counts, base: base)
                } else {
                    fill(with: column, in: &ring, from: start, counts: &counts, base: base)
                }
            }
            for offset in 0..<length { self.times[next + offset] = times[row + offset] }
            if !isFull { heldRows += length }
            next = next + length == capacity ? 0 : next + length
            row += length
        }
    }

    /// Adds the counts of the cells in `range` to `sums`, whose first entry is the first of them.
    package func add(_ range: Range<Int>, to sums: inout [UInt64]) {
        for cell in range { sums[cell - range.lowerBound] += UInt64(counts[cell]) }
    }

    /// The earliest and the latest time of the rows held, in Unix seconds; nil without rows.
    ///
    /// On the event clock rows come out of order, so every slot is looked at: O(rows held).
    package var timeRange: ClosedRange<Double>? {
        guard heldRows > 0 else { return nil }
        var (earliest, latest) = (times[0], times[0])
        for time in times[..<heldRows] {
            earliest = min(earliest, time)
            latest = max(latest, time)
        }
        return earliest...latest
    }

    /// The bytes of the arrays held, as reserved.
    package var storageBytes: Int {
        Footprint.held(ring) + Footprint.held(times) + Footprint.held(counts)
    }

    /// The most that `storageBytes` can come to.
    package static func storageBound(capacity: Int, layout: CellLayout) -> Int {
        let columns = max(layout.featureCount, 1)
        let cells = Footprint.saturating(capacity, times: columns)
        return Footprint.saturating(
            Footprint.bound(count: cells, of: UInt16.self),
            plus: Footprint.bound(count: capacity, of: Double.self)
                + Footprint.bound(count: layout.cellCount, of: UInt32.self)
        )
    }
}

/// Writes a column into a stretch of a ring and counts it; what it overwrites no longer counts.
///
/// - Parameters:
///   - column: The cells of the new rows.
///   - ring: The cells of the rows held.
///   - start: Where the stretch begins in `ring`.
///   - counts: The counts by cell.
///   - base: Where those of the column's feature begin.
private func replace(
    with column: Span<UInt16>,
    in ring: inout [UInt16],
    from start: Int,
    counts: inout [UInt32],
    base: Int
) {
    var ring = ring.mutableSpan
    var counts = counts.mutableSpan
    for row in column.indices {
        // The old row is counted and the window's rows fit 32 bits: neither operator wraps.
        counts[base + Int(ring[start + row])] &-= 1
        counts[base + Int(column[row])] &+= 1
        ring[start + row] = column[row]
    }
}

/// Writes a column into a stretch of a ring that was never written, and counts it.
private func fill(
    with column: Span<UInt16>,
    in ring: inout [UInt16],
    from start: Int,
    counts: inout [UInt32],
    base: Int
) {
    var ring = ring.mutableSpan
    var counts = counts.mutableSpan
    for row in column.indices {
        counts[base + Int(column[row])] &+= 1
        ring[start + row] = column[row]
    }
}
