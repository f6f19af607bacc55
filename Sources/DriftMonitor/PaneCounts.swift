// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The dense counts of one pane that is still being filled.
///
/// A count is 32 bits wide, so that one feature's counts stay in the first-level cache, and yet
/// no count is lost: before a cell could overflow, 2³¹ of it move to `carries`. A pane needs two
/// thousand million rows for that, so the list is short: 4 bytes for every 2³¹ values counted.
package struct PaneCounts: Sendable, Equatable {
    /// What one entry of `carries` stands for.
    package static let carry: UInt32 = 1 << 31

    /// How many rows were counted.
    package private(set) var rows: UInt64 = 0
    /// Counts by cell, without what was carried.
    package private(set) var counts: [UInt32]
    /// Cells that have another 2³¹, once for each.
    package private(set) var carries: [UInt32] = []
    /// Rows since every count was last known to be below `carry`.
    private var unsettledRows: UInt32 = 0
    private let settleAfterRows: UInt32

    /// Makes an empty pane.
    ///
    /// - Parameters:
    ///   - cellCount: Cells of all features.
    ///   - settleAfterRows: How many rows are counted before counts may have to be carried, at
    ///     most 2³¹; fewer only for tests.
    package init(cellCount: Int, settleAfterRows: UInt32 = carry) {
        counts = Array(repeating: 0, count: cellCount)
        self.settleAfterRows = min(settleAfterRows, Self.carry)
    }

    /// Makes a pane of the counts of a closed one, to go on with.
    ///
    /// - Precondition: The counts fit `cellCount` cells.
    /// - Complexity: O(cells).
    package init(_ compact: CompactCounts, rows: UInt64, cellCount: Int) {
        self.init(cellCount: cellCount)
        var sums = [UInt64](repeating: 0, count: cellCount)
        compact.add(to: &sums)
        for cell in sums.indices { put(sums[cell], cell) }
        self.rows = rows
        settle()
    }

    /// Counts some rows of a batch.
    ///
    /// - Parameters:
    ///   - rows: Which rows of each column.
    ///   - cells: The batch's cells, column after column, `capacity` apart.
    ///   - capacity: The distance from one column to the next.
    ///   - layout: Where each column's counts lie.
    /// - Precondition: `rows` has fewer than 2³¹ rows, and every cell belongs to its feature.
    /// - Complexity: O(rows × features), no allocation.
    package mutating func count(
        _ rows: Range<Int>,
        of cells: Span<UInt16>,
        capacity: Int,
        layout: CellLayout
    ) {
        if UInt32(rows.count) > settleAfterRows - unsettledRows { settle() }
        unsettledRows = min(unsettledRows + UInt32(rows.count), settleAfterRows)
        self.rows += UInt64(rows.count)
        var counts = counts.mutableSpan
        for feature in 0..<layout.featureCount {
            let base = layout.cells(of: feature).lowerBound
            let start = feature * capacity
            let column = cells.extracting(start + rows.lowerBound..<start + rows.upperBound)
            // Counts stay below 2³² (see `unsettledRows`): the wrapping addition never wraps.
            for row in column.indices { counts[base + Int(column[row])] &+= 1 }
        }
    }

    /// Adds the counts of another pane of the same layout.
    ///
    /// - Complexity: O(cells).
    package mutating func add(_ other: PaneCounts) {
        settle()
        for cell in counts.indices {
            put(UInt64(counts[cell]) + UInt64(other.counts[cell]), cell)
        }
        carries += other.carries
        rows += other.rows
    }

    /// Adds the counts of the cells in `range` to `sums`, whose first entry is the first of them.
    ///
    /// - Complexity: O(cells in the range + carries).
    package func add(_ range: Range<Int>, to sums: inout [UInt64]) {
        for cell in range { sums[cell - range.lowerBound] += UInt64(counts[cell]) }
        for cell in carries where range.contains(Int(cell)) {
            sums[Int(cell) - range.lowerBound] += UInt64(Self.carry)
        }
    }

    /// Forgets everything counted; keeps the storage.
    package mutating func removeAll() {
        for cell in counts.indices { counts[cell] = 0 }
        carries.removeAll(keepingCapacity: true)
        rows = 0
        unsettledRows = 0
    }

    /// The bytes of the arrays held, as reserved.
    package var storageBytes: Int { Footprint.held(counts) + Footprint.held(carries) }

    /// Makes a number the count of a cell, beside what it carries already.
    private mutating func put(_ number: UInt64, _ cell: Int) {
        var rest = number
        while rest >= UInt64(Self.carry) {
            carries.append(UInt32(cell))
            rest -= UInt64(Self.carry)
        }
        counts[cell] = UInt32(rest)
    }

    /// Moves 2³¹ of every count that has reached it to `carries`.
    private mutating func settle() {
        for cell in counts.indices where counts[cell] >= Self.carry {
            counts[cell] -= Self.carry
            carries.append(UInt32(cell))
        }
        unsettledRows = 0
    }
}
