// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor

/// A journal in a few lines: does with changes what `MonitorChange` says is to be done.
struct KeptState {
    private(set) var monitor: StoredMonitor?
    private(set) var ledger: [Int: LedgerDelta] = [:]
    private var batches: [(segments: [UInt8], last: UInt64, mark: Int)] = []

    /// Segments that are kept now.
    var batchCount: Int { batches.count }

    mutating func keep(_ change: MonitorChange) {
        for delta in change.ledger { add(delta) }
        if change.begins || change.hasEnded {
            monitor = nil
            batches = []
        }
        guard !change.hasEnded else { return }
        if !change.segments.isEmpty {
            batches.append((change.segments, change.totalRows, change.segmentsMark))
        }
        var panes = monitor?.panes ?? []
        for pane in change.panes {
            panes.removeAll { $0.multiple == pane.multiple && $0.number == pane.number }
            panes.append(pane)
        }
        panes.removeAll { pane in
            pane.multiple == 0
                ? pane.number < change.clock.pane
                : change.oldestPanes.contains {
                    $0.multiple == pane.multiple && pane.number < $0.number
                }
        }
        let ring = min(UInt64(change.ringRows), change.totalRows)
        batches.removeAll { $0.last <= change.totalRows - ring && $0.mark < change.clock.mark }
        panes.sort { ($0.multiple, $0.number) < ($1.multiple, $1.number) }
        monitor = StoredMonitor(
            clock: change.clock,
            totalRows: change.totalRows,
            lastRecord: change.lastRecord,
            panes: panes,
            segments: batches.map(\.segments)
        )
    }

    private mutating func add(_ delta: LedgerDelta) {
        guard var sum = ledger[delta.quarter] else {
            ledger[delta.quarter] = delta
            return
        }
        sum.rows += delta.rows
        sum.late += delta.late
        sum.invalidValues += delta.invalidValues
        if sum.bins.isEmpty {
            sum.bins = delta.bins
        } else {
            for (feature, counts) in delta.bins.enumerated() {
                for (bin, count) in counts.enumerated() { sum.bins[feature][bin] += count }
            }
        }
        ledger[delta.quarter] = sum
    }
}
