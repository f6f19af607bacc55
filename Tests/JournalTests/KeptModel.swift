// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import Journal

/// What a journal should keep, in dictionaries: the oracle of the store's tests.
struct KeptModel {
    struct Batch {
        let lastOrdinal: UInt64
        let mark: Int
        let segments: [UInt8]
    }

    struct Place: Hashable {
        let multiple: Int
        let number: Int
    }

    struct Monitor {
        let layout: String
        var clock: StoredClock
        var totalRows: UInt64 = 0
        var lastRecord = 0.0
        var panes: [Place: StoredPane] = [:]
        var batches: [Batch] = []

        var stored: StoredMonitor {
            StoredMonitor(
                clock: clock,
                totalRows: totalRows,
                lastRecord: lastRecord,
                panes: panes.values.sorted {
                    ($0.multiple, $0.number) < ($1.multiple, $1.number)
                },
                segments: batches.map(\.segments)
            )
        }
    }

    /// Rows, late and invalid, or a feature's bins.
    struct Counted: Hashable {
        let model: String
        let version: String
        let feature: String?
        let bins: [UInt8]
        let quarter: Int
    }

    private(set) var monitors: [MonitorKey: Monitor] = [:]
    private(set) var sessions: [String: SessionProgress] = [:]
    private(set) var ledger: [Counted: [UInt64]] = [:]
    private(set) var coverage: [Int: CoverageDelta] = [:]

    mutating func take(_ commit: JournalCommit) {
        for change in commit.monitors {
            takeWindows(change)
            takeLedger(change)
        }
        for session in commit.sessions { sessions[session.session] = session }
        for session in commit.endedSessions { sessions[session] = nil }
        for delta in commit.coverage {
            var sum = coverage[delta.quarter] ?? CoverageDelta(quarter: delta.quarter)
            sum.seconds += delta.seconds
            sum.dropped += delta.dropped
            coverage[delta.quarter] = sum
        }
    }

    private mutating func takeWindows(_ change: MonitorChange) {
        if change.hasEnded {
            monitors[change.key] = nil
            return
        }
        let fresh = Monitor(layout: change.layout, clock: change.clock)
        var monitor = change.begins ? fresh : monitors[change.key] ?? fresh
        monitor.clock = change.clock
        monitor.totalRows = change.totalRows
        monitor.lastRecord = change.lastRecord
        if !change.segments.isEmpty {
            monitor.batches.append(
                Batch(
                    lastOrdinal: change.totalRows,
                    mark: change.segmentsMark,
                    segments: change.segments
                )
            )
        }
        for pane in change.panes {
            monitor.panes[Place(multiple: pane.multiple, number: pane.number)] = pane
        }
        monitor.panes = monitor.panes.filter { place, _ in
            if place.multiple == 0 { return place.number >= change.clock.pane }
            return !change.oldestPanes.contains {
                $0.multiple == place.multiple && place.number < $0.number
            }
        }
        let needed = monitor.batches.firstIndex { batch in
            batch.lastOrdinal + UInt64(change.ringRows) > change.totalRows
                || batch.mark >= change.clock.mark
        }
        monitor.batches.removeFirst(needed ?? monitor.batches.count)
        monitors[change.key] = monitor
    }

    private mutating func takeLedger(_ change: MonitorChange) {
        for delta in change.ledger {
            add([delta.rows, delta.late, delta.invalidValues], change.key, nil, delta.quarter)
            for (feature, bins) in zip(change.ledgerFeatures, delta.bins) {
                add(bins, change.key, feature, delta.quarter)
            }
        }
    }

    private mutating func add(
        _ counts: [UInt64],
        _ key: MonitorKey,
        _ feature: LedgerFeature?,
        _ quarter: Int
    ) {
        let place = Counted(
            model: key.model,
            version: key.version,
            feature: feature?.name,
            bins: feature?.bins ?? [],
            quarter: quarter
        )
        ledger[place] = zip(ledger[place] ?? counts.map { _ in 0 }, counts).map { $0 + $1 }
    }
}
