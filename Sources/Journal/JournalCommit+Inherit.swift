// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor

extension JournalCommit {
    /// Adds what an earlier commit that did not take effect would have added up: ledger, coverage,
    /// and what has ended.
    ///
    /// Its windows and sessions are not needed: after a failure they are kept anew, whole.
    package mutating func inherit(_ earlier: JournalCommit) {
        for change in earlier.monitors {
            if let index = monitors.firstIndex(where: { $0.key == change.key && !$0.hasEnded }) {
                monitors[index].inherit(change.ledger)
            } else {
                monitors.insert(change.onlyItsEnd, at: 0)
            }
        }
        for delta in earlier.coverage {
            if let index = coverage.firstIndex(where: { $0.quarter == delta.quarter }) {
                coverage[index].seconds += delta.seconds
                coverage[index].dropped += delta.dropped
            } else {
                coverage.append(delta)
            }
        }
        let alive = Set(sessions.map(\.session))
        endedSessions += earlier.endedSessions.filter { !alive.contains($0) }
    }
}

extension MonitorChange {
    /// Adds to the ledger, a quarter of an hour by itself.
    fileprivate mutating func inherit(_ deltas: [LedgerDelta]) {
        for delta in deltas {
            if let index = ledger.firstIndex(where: { $0.quarter == delta.quarter }) {
                ledger[index].add(delta)
            } else {
                ledger.append(delta)
            }
        }
    }

    /// The same of a monitor that is no longer there.
    fileprivate var onlyItsEnd: MonitorChange {
        var change = self
        change.hasEnded = true
        change.begins = false
        change.segments = []
        change.segmentRows = 0
        change.panes = []
        return change
    }
}

extension LedgerDelta {
    fileprivate mutating func add(_ other: LedgerDelta) {
        rows += other.rows
        late += other.late
        invalidValues += other.invalidValues
        guard !bins.isEmpty else {
            bins = other.bins
            return
        }
        for (feature, counts) in other.bins.enumerated() where feature < bins.count {
            for (bin, count) in counts.enumerated() where bin < bins[feature].count {
                bins[feature][bin] += count
            }
        }
    }
}
