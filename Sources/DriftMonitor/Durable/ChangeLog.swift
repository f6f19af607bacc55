// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics
import PredictionLog

/// Collects what happens to one monitor, to be kept over a restart.
///
/// At first, and whenever what is kept is of no use any more, the monitor's whole state is what
/// has to be kept: until that is taken only the ledger is collected.
struct ChangeLog: Sendable {
    /// Quarters of an hour that wait to be kept at most; the oldest make room.
    static let maximumQuarters = 1_000

    private let key: MonitorKey
    private let layout: String
    private let features: [LedgerFeature]
    private(set) var begins = true
    private var segments: [UInt8] = []
    private var segmentRows = 0
    private var segmentsMark = Int.min
    private var totalRows: UInt64 = 0
    private var panes: [StoredPane] = []
    private var ledger: [LedgerDelta] = []

    init(reference: Reference, digest: String, layout: String) {
        key = MonitorKey(model: reference.model, version: reference.version, digest: digest)
        self.layout = layout
        features = reference.features.map { LedgerFeature(name: $0.name, bins: $0.binBytes()) }
    }

    /// Bytes that wait to be kept, about.
    var bytes: Int { segments.count + panes.reduce(0) { $0 + $1.counts.storageBytes } }

    /// What was kept is of no use: everything is to be kept anew.
    mutating func begin() {
        begins = true
        forgetRows()
    }

    /// Goes on from what is kept.
    mutating func goOn(from stored: StoredMonitor) {
        begins = false
        totalRows = stored.totalRows
    }

    /// Rows were counted.
    mutating func add(
        _ rows: Range<Int>,
        of batch: RecordBatch,
        hasTimes: Bool,
        mark: Int,
        arrival: Double
    ) {
        guard !begins, !rows.isEmpty else { return }
        RowSegment.append(
            rows,
            of: batch,
            hasTimes: hasTimes,
            mark: mark,
            arrival: arrival,
            to: &segments
        )
        segmentRows += rows.count
        segmentsMark = max(segmentsMark, mark)
        totalRows += UInt64(rows.count)
    }

    /// A base pane has closed and is folded into the windows.
    mutating func close(
        _ pane: WindowSet.OpenPane,
        in windows: WindowSet,
        _ evaluators: [FeatureEvaluator]
    ) {
        if windows.hasSlices {
            enter(pane.slices, windows.layout, evaluators)
        } else {
            let quarter = floorDivide(
                pane.number * windows.basePaneSeconds,
                LedgerDelta.quarterSeconds
            )
            enter(pane.counts, quarter, windows.layout, evaluators)
        }
        guard !begins else { return }
        for pane in windows.newestPanes {
            panes.removeAll { $0.multiple == pane.multiple && $0.number == pane.number }
            panes.append(pane)
        }
    }

    /// Notes records or values that were not used.
    mutating func note(late: UInt64, invalidValues: UInt64, at now: Double) {
        guard late > 0 || invalidValues > 0 else { return }
        let index = ledgerIndex(of: quarterNumber(at: now))
        ledger[index].late += late
        ledger[index].invalidValues += invalidValues
    }

    /// Enters what open panes have counted by quarter into the ledger.
    mutating func enter(
        _ slices: [WindowSet.QuarterSlice],
        _ layout: CellLayout,
        _ evaluators: [FeatureEvaluator]
    ) {
        for slice in slices { enter(slice.counts, slice.quarter, layout, evaluators) }
    }

    /// Takes what has happened.
    ///
    /// - Returns: The change, or nil when nothing has to be kept.
    mutating func take(
        _ windows: WindowSet,
        clock: StoredClock,
        lastRecord: Double
    ) -> MonitorChange? {
        var change = MonitorChange(
            key: key,
            layout: layout,
            begins: begins,
            ringRows: windows.ringRows,
            clock: clock,
            lastRecord: lastRecord,
            ledgerFeatures: features
        )
        if begins {
            (change.segments, change.segmentRows) = windows.encodedRing()
            change.panes = windows.allPanes
            totalRows = max(totalRows, UInt64(change.segmentRows))
        } else {
            swap(&change.segments, &segments)
            change.segmentRows = segmentRows
            change.segmentsMark = segmentsMark
            change.panes = panes
        }
        change.totalRows = totalRows
        change.oldestPanes = windows.oldestPanes
        change.ledger = ledger
        guard !change.isEmpty else { return nil }
        begins = false
        ledger = []
        forgetRows()
        return change
    }

    /// The change that says no more than that the monitor has ended.
    func ending(lastRecord: Double) -> MonitorChange {
        var change = MonitorChange(
            key: key,
            layout: layout,
            begins: false,
            ringRows: 0,
            clock: StoredClock(pane: .min, time: -.infinity, mark: .min),
            lastRecord: lastRecord,
            ledgerFeatures: features
        )
        change.hasEnded = true
        return change
    }

    private mutating func forgetRows() {
        segments = []
        segmentRows = 0
        segmentsMark = .min
        panes = []
    }

    private mutating func enter(
        _ counts: PaneCounts,
        _ quarter: Int,
        _ layout: CellLayout,
        _ evaluators: [FeatureEvaluator]
    ) {
        guard counts.rows > 0 else { return }
        let index = ledgerIndex(of: quarter)
        ledger[index].rows += counts.rows
        var scratch: [UInt64] = []
        for (feature, evaluator) in evaluators.enumerated() {
            let cells = layout.cells(of: feature)
            scratch.removeAll(keepingCapacity: true)
            scratch.append(contentsOf: repeatElement(0, count: cells.count))
            counts.add(cells, to: &scratch)
            let bins = evaluator.binCounts(of: scratch.span)
            if ledger[index].bins.count == feature {
                ledger[index].bins.append(bins)
            } else {
                for bin in bins.indices { ledger[index].bins[feature][bin] += bins[bin] }
            }
        }
    }

    /// Where a quarter's delta is; it is put there if need be.
    private mutating func ledgerIndex(of quarter: Int) -> Int {
        if let index = ledger.lastIndex(where: { $0.quarter == quarter }) { return index }
        if ledger.count == Self.maximumQuarters { ledger.removeFirst() }
        ledger.append(LedgerDelta(quarter: quarter))
        return ledger.count - 1
    }
}
