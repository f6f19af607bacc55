// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// What of a monitor is kept over a restart.
extension ModelMonitor {
    /// Becomes the monitor that was kept; on a fault it stays as it is.
    ///
    /// - Parameter stored: What was kept of a monitor of the same reference and layout.
    /// - Throws: `StoredMonitorFault` when that does not fit the reference.
    /// - Complexity: O(rows kept × features + cells of the panes × windows).
    package mutating func restore(_ stored: StoredMonitor) throws(StoredMonitorFault) {
        var windows = emptyWindows
        let isArrival = settings.clock == .arrival
        let hasBegun = stored.clock.pane != .min
        try windows.restore(
            stored.panes,
            basePane: isArrival && hasBegun ? stored.clock.pane : nil
        )
        for segments in stored.segments {
            var offset = 0
            while offset < segments.count {
                let segment = try RowSegment(
                    reading: segments,
                    at: &offset,
                    layout: windows.layout
                )
                let rows = 0..<segment.batch.rows
                if segment.isRingOnly || segment.mark < stored.clock.mark {
                    windows.observeInRings(rows, of: segment.batch)
                } else {
                    let pane = isArrival ? stored.clock.pane : segment.mark
                    windows.observe(rows, of: segment.batch, pane: pane)
                }
            }
        }
        goOn(windows, from: stored)
    }

    /// What has to be kept since this was last asked; nil when it is nothing.
    mutating func takeChange(lastRecord: Double) -> MonitorChange? {
        if log?.begins == true { enterSlices() }
        let clock = storedClock
        return log?.take(windows, clock: clock, lastRecord: lastRecord)
    }

    /// What was kept is of no use: the whole state has to be kept anew.
    mutating func keepAnew() {
        log?.begin()
    }

    /// Notes records or values that were not used, for the ledger.
    mutating func note(late: UInt64, invalidValues: UInt64, at now: Double) {
        log?.note(late: late, invalidValues: invalidValues, at: now)
    }
}

extension MonitorSettings {
    /// What counts depend on besides the reference, as a text: extents of the windows, clock,
    /// lateness.
    package var layout: String {
        let windows = windows.map { window in
            switch window.clampedExtent {
            case .panes(let count, let seconds): "\(count)x\(seconds)s"
            case .rows(let rows): "\(rows)"
            }
        }
        // On the arrival clock nothing is late.
        let lateness = clock == .event ? "+\(latenessSeconds)s" : ""
        return "\(clock.rawValue)\(lateness) \(windows.joined(separator: ","))"
    }
}
