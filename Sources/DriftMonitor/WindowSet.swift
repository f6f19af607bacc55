// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import PredictionLog

/// All windows of one monitor, and the base panes they share.
///
/// A row is counted once in its base pane and once in each count window; everything else happens
/// when a pane closes. The set does not know what time it is: its owner's clock says which pane a
/// row belongs to and which panes close.
package struct WindowSet: Sendable {
    /// A base pane that still takes rows.
    package struct OpenPane: Sendable {
        /// The pane covers `number × width` to `(number + 1) × width` seconds.
        package internal(set) var number: Int
        /// What it has counted.
        package internal(set) var counts: PaneCounts
        /// The same counts by quarter of an hour, where a pane may lie in more than one.
        var slices: [QuarterSlice] = []
    }

    /// What an open pane has counted in one quarter of an hour.
    struct QuarterSlice: Sendable {
        let quarter: Int
        var counts: PaneCounts
    }

    /// Where a window of the definitions is held.
    package enum Place: Sendable {
        /// An index into `timeWindows`.
        case time(Int)
        /// An index into `countWindows`.
        case count(Int)
    }

    /// Where each feature's cells are counted.
    package let layout: CellLayout
    /// The length of a base pane, in seconds.
    package let basePaneSeconds: Int
    /// Whether rows are counted by quarter of an hour for the ledger.
    let keepsLedger: Bool
    /// The windows in the order of their definitions.
    package let places: [Place]
    /// The base panes that still take rows, ascending.
    package internal(set) var open: [OpenPane] = []
    /// The windows over panes.
    package internal(set) var timeWindows: [TimeWindow] = []
    /// The windows over rows.
    package internal(set) var countWindows: [CountWindow] = []

    /// Makes empty windows as the settings define them.
    package init(layout: CellLayout, settings: MonitorSettings, keepsLedger: Bool = false) {
        self.layout = layout
        self.keepsLedger = keepsLedger
        basePaneSeconds = settings.basePaneSeconds
        var places: [Place] = []
        for definition in settings.windows {
            switch definition.clampedExtent {
            case .panes(let count, let seconds):
                places.append(.time(timeWindows.count))
                timeWindows.append(
                    TimeWindow(
                        paneCount: count,
                        multiple: seconds / basePaneSeconds,
                        cellCount: layout.cellCount
                    )
                )
            case .rows(let rows):
                places.append(.count(countWindows.count))
                countWindows.append(CountWindow(capacity: rows, layout: layout))
            }
        }
        self.places = places
    }

    /// Counts some rows of a batch, all of one base pane, in every window.
    ///
    /// - Parameters:
    ///   - rows: Which rows; their cells and times are filled in.
    ///   - batch: The batch.
    ///   - pane: The base pane; one that has closed must not come again.
    package mutating func observe(_ rows: Range<Int>, of batch: RecordBatch, pane: Int) {
        guard !rows.isEmpty else { return }
        let index = openPane(pane)
        let cells = batch.cells.span
        let capacity = batch.capacity
        if countsPanes {
            open[index].counts.count(rows, of: cells, capacity: capacity, layout: layout)
            if hasSlices { slice(rows, of: batch, pane: index) }
        }
        observeInRings(rows, of: batch)
    }

    /// Counts some rows of a batch in the count windows alone.
    mutating func observeInRings(_ rows: Range<Int>, of batch: RecordBatch) {
        for index in countWindows.indices {
            countWindows[index].observe(
                rows,
                of: batch.cells.span,
                batchCapacity: batch.capacity,
                times: batch.timestamps.span,
                layout: layout
            )
        }
    }

    /// Closes the oldest open pane below `limit`, and folds it into every time window.
    ///
    /// The windows then end with that pane.
    /// - Returns: The pane, or nil when no such pane has rows.
    /// - Complexity: O(cells × time windows), however much time has passed.
    package mutating func closeOldest(below limit: Int) -> OpenPane? {
        guard let pane = open.first, pane.number < limit else { return nil }
        open.removeFirst()
        advance(to: pane.number)
        if !timeWindows.isEmpty {
            let compact = CompactCounts(pane.counts)
            for index in timeWindows.indices {
                timeWindows[index].fold(pane.counts, compact: compact)
            }
        }
        return pane
    }

    /// Moves every time window on to the pane that holds a base pane.
    ///
    /// - Precondition: No open pane lies before `basePane`, except when nothing is folded later.
    package mutating func advance(to basePane: Int) {
        for index in timeWindows.indices { timeWindows[index].advance(to: basePane) }
    }

    /// Gives the newest open pane an earlier number, and every closed one with it.
    package mutating func rename(to basePane: Int) {
        for index in timeWindows.indices { timeWindows[index].rename(to: basePane) }
        if let last = open.indices.last { open[last].number = basePane }
    }

    /// The bytes of the arrays held, as reserved.
    package var storageBytes: Int {
        open.reduce(Footprint.held(open)) { $0 + $1.counts.storageBytes }
            + timeWindows.reduce(0) { $0 + $1.storageBytes }
            + countWindows.reduce(0) { $0 + $1.storageBytes }
    }

    /// Where a base pane is in `open`; it is put there if need be.
    private mutating func openPane(_ number: Int) -> Int {
        // Rows come almost in order: the pane is the last one or close to it.
        var index = open.count
        while index > 0, open[index - 1].number >= number { index -= 1 }
        if index < open.count, open[index].number == number { return index }
        let cellCount = countsPanes ? layout.cellCount : 0
        open.insert(OpenPane(number: number, counts: PaneCounts(cellCount: cellCount)), at: index)
        return index
    }

    /// Whether anybody reads the counts of panes.
    private var countsPanes: Bool { !timeWindows.isEmpty || keepsLedger }

    /// Whether a base pane may lie in more than one quarter of an hour.
    var hasSlices: Bool { keepsLedger && LedgerDelta.quarterSeconds % basePaneSeconds != 0 }

    /// Counts rows of a pane once more, by quarter of an hour.
    private mutating func slice(_ rows: Range<Int>, of batch: RecordBatch, pane: Int) {
        var row = rows.lowerBound
        while row < rows.upperBound {
            let quarter = quarterNumber(at: batch.timestamps[row])
            let end =
                (row..<rows.upperBound).first {
                    quarterNumber(at: batch.timestamps[$0]) != quarter
                } ?? rows.upperBound
            let known = open[pane].slices.firstIndex { $0.quarter == quarter }
            let index = known ?? open[pane].slices.count
            if known == nil {
                let counts = PaneCounts(cellCount: layout.cellCount)
                open[pane].slices.append(QuarterSlice(quarter: quarter, counts: counts))
            }
            open[pane].slices[index].counts.count(
                row..<end,
                of: batch.cells.span,
                capacity: batch.capacity,
                layout: layout
            )
            row = end
        }
    }
}
