// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What a window holds at one time, as the evaluation reads it.
package protocol WindowContent {
    /// How many rows it holds.
    var rows: UInt64 { get }
    /// Where it begins and ends, in Unix seconds; nil without rows.
    var timeRange: ClosedRange<Double>? { get }
    /// Adds the counts of the cells in `range` to `sums`, whose first entry is the first of them.
    func add(_ range: Range<Int>, to sums: inout [UInt64])
}

/// A time window together with the base panes that are not folded in yet.
package struct TimeWindowContent: WindowContent {
    private let window: TimeWindow
    private let open: [WindowSet.OpenPane]
    private let basePaneSeconds: Int
    private let time: Double

    /// Reads a window at a time.
    ///
    /// - Parameters:
    ///   - window: The window, moved on to the pane that holds the time.
    ///   - open: Open base panes; those outside the window do not count.
    ///   - basePaneSeconds: The length of a base pane.
    ///   - time: Unix seconds.
    package init(
        _ window: TimeWindow,
        open: [WindowSet.OpenPane],
        basePaneSeconds: Int,
        time: Double
    ) {
        self.window = window
        self.open = open.filter { window.contains($0.number) }
        self.basePaneSeconds = basePaneSeconds
        self.time = time
    }

    /// The rows folded in and those of open panes.
    package var rows: UInt64 {
        open.reduce(window.rows) { $0 + $1.counts.rows }
    }

    /// From the start of the oldest pane with rows to the time of reading; nil without rows.
    package var timeRange: ClosedRange<Double>? {
        let firstOpen = open.first.map { window.pane(of: $0.number) }
        guard let oldest = window.oldestPane ?? firstOpen else { return nil }
        let start = Double(min(oldest, firstOpen ?? oldest) * window.multiple * basePaneSeconds)
        return start...max(start, time)
    }

    /// Adds the counts of the cells in `range` to `sums`, whose first entry is the first of them.
    ///
    /// - Complexity: O(cells × (open panes + 1)).
    package func add(_ range: Range<Int>, to sums: inout [UInt64]) {
        for cell in range { sums[cell - range.lowerBound] += window.sums[cell] }
        for pane in open { pane.counts.add(range, to: &sums) }
    }
}

extension CountWindow: WindowContent {
    /// How many rows are held.
    package var rows: UInt64 { UInt64(heldRows) }
}
