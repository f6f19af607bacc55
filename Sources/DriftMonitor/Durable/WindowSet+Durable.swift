// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// What of the windows is kept over a restart, and how they come back.
///
/// Windows of equal panes share what is kept: the one with the most panes speaks for the others.
extension WindowSet {
    /// Of each width of panes, the window with the most.
    private var longestWindows: [TimeWindow] {
        var longest: [TimeWindow] = []
        for window in timeWindows {
            if let index = longest.firstIndex(where: { $0.multiple == window.multiple }) {
                if window.paneCount > longest[index].paneCount { longest[index] = window }
            } else {
                longest.append(window)
            }
        }
        return longest
    }

    /// The panes that have changed by the base pane that closed last.
    var newestPanes: [StoredPane] { longestWindows.compactMap(\.newestPane) }

    /// The oldest pane of each width that is still in a window.
    var oldestPanes: [MonitorChange.OldestPane] {
        longestWindows.compactMap { window in
            guard window.current != .min else { return nil }
            return MonitorChange.OldestPane(
                multiple: window.multiple,
                number: window.current - window.paneCount + 1
            )
        }
    }

    /// Every pane: those of the windows, and the base panes that still take rows.
    var allPanes: [StoredPane] {
        longestWindows.flatMap(\.storedPanes)
            + open.filter { $0.counts.rows > 0 }.map { pane in
                StoredPane(
                    multiple: 0,
                    number: pane.number,
                    rows: pane.counts.rows,
                    counts: CompactCounts(pane.counts)
                )
            }
    }

    /// How many of the last rows the count windows hold at most.
    var ringRows: Int { countWindows.map(\.capacity).max() ?? 0 }

    /// The rows that the longest count window holds, encoded, and how many they are.
    func encodedRing() -> (segments: [UInt8], rows: Int) {
        guard let longest = countWindows.max(by: { $0.capacity < $1.capacity }) else {
            return ([], 0)
        }
        var segments: [UInt8] = []
        for batch in longest.heldBatches(featureCount: layout.featureCount) {
            RowSegment.append(
                0..<batch.rows,
                of: batch,
                hasTimes: true,
                mark: .min,
                isRingOnly: true,
                arrival: 0,
                to: &segments
            )
        }
        return (segments, longest.heldRows)
    }

    /// Becomes what it was when everything was kept.
    ///
    /// - Parameters:
    ///   - panes: The panes kept.
    ///   - basePane: On the arrival clock the base pane that was filling; nil on the event clock,
    ///     where the windows end with the newest pane kept.
    /// - Throws: `StoredMonitorFault` when a pane has cells that there are not.
    /// - Complexity: O(cells of the panes × windows).
    mutating func restore(
        _ panes: [StoredPane],
        basePane: Int?
    ) throws(StoredMonitorFault) {
        for pane in panes where !pane.counts.fits(cellCount: layout.cellCount) {
            throw .pane(number: pane.number)
        }
        for index in timeWindows.indices {
            timeWindows[index].restore(panes, basePane: basePane)
        }
        open = panes.filter { $0.multiple == 0 }.sorted { $0.number < $1.number }.map { pane in
            let counts = PaneCounts(pane.counts, rows: pane.rows, cellCount: layout.cellCount)
            return OpenPane(number: pane.number, counts: counts)
        }
    }
}

extension TimeWindow {
    /// The pane that the base pane folded in last belongs to, as far as it has come.
    fileprivate var newestPane: StoredPane? {
        if let partial, partial.rows > 0 { return stored(partial) }
        guard multiple == 1, let last = closed.last else { return nil }
        return stored(last)
    }

    /// Every pane, the filling one as far as it has come.
    fileprivate var storedPanes: [StoredPane] {
        var panes = closed.map { stored($0) }
        if let partial, partial.rows > 0 { panes.append(stored(partial)) }
        return panes
    }

    private func stored(_ pane: ClosedPane) -> StoredPane {
        StoredPane(multiple: multiple, number: pane.number, rows: pane.rows, counts: pane.counts)
    }

    private func stored(_ partial: PaneCounts) -> StoredPane {
        StoredPane(
            multiple: multiple,
            number: current,
            rows: partial.rows,
            counts: CompactCounts(partial)
        )
    }

    /// Becomes what it was; see `WindowSet.restore`.
    fileprivate mutating func restore(_ panes: [StoredPane], basePane: Int?) {
        let own = panes.filter { $0.multiple == multiple }.sorted { $0.number < $1.number }
        current = basePane.map { pane(of: $0) } ?? own.last?.number ?? .min
        let oldest = current == .min ? .min : current - paneCount + 1
        for pane in own where pane.number >= oldest && pane.number <= current {
            pane.counts.add(to: &sums)
            rows += pane.rows
            if multiple > 1, pane.number == current {
                partial = PaneCounts(pane.counts, rows: pane.rows, cellCount: sums.count)
            } else {
                closed.append(
                    ClosedPane(number: pane.number, rows: pane.rows, counts: pane.counts)
                )
            }
        }
    }
}

extension CountWindow {
    /// Rows of one encoded batch.
    private static let batchRows = 4_096

    /// The rows held, the oldest first, as batches.
    ///
    /// - Complexity: O(rows × features).
    fileprivate func heldBatches(featureCount: Int) -> [RecordBatch] {
        var batches: [RecordBatch] = []
        let oldest = heldRows == capacity ? next : 0
        var taken = 0
        while taken < heldRows {
            let start = (oldest + taken) % capacity
            let count = min(Self.batchRows, heldRows - taken, capacity - start)
            var cells: [UInt16] = []
            cells.reserveCapacity(count * featureCount)
            for feature in 0..<featureCount {
                let first = feature * capacity + start
                cells.append(contentsOf: ring[first..<first + count])
            }
            batches.append(
                RecordBatch(
                    columnCount: featureCount,
                    timestamps: Array(times[start..<start + count]),
                    cells: cells
                )
            )
            taken += count
        }
        return batches
    }
}
