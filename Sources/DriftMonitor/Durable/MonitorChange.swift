// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What names a monitor over restarts.
package struct MonitorKey: Hashable, Sendable {
    /// The model.
    package let model: String
    /// The version of the model.
    package let version: String
    /// The digest of the reference.
    package let digest: String

    /// Names a monitor.
    package init(model: String, version: String, digest: String) {
        self.model = model
        self.version = version
        self.digest = digest
    }
}

/// What happened to one monitor since its changes were last taken, to be kept over a restart.
///
/// Changes are relative to what is kept already, or, when `begins`, take its place. Kept in order
/// they rebuild the monitor's windows: panes as they were, the ring and the open panes by taking
/// the rows again.
package struct MonitorChange: Sendable, Equatable {
    /// The monitor.
    package let key: MonitorKey
    /// What the counts depend on besides the reference: windows, clock, lateness.
    ///
    /// What was kept under another layout is of no use.
    package let layout: String
    /// Whether everything kept of this monitor before is to be forgotten, its ledger apart.
    package var begins: Bool
    /// Encoded `RowSegment`s, in the order in which the rows were counted.
    package var segments: [UInt8] = []
    /// Rows in `segments`.
    package var segmentRows = 0
    /// Up to which open pane the rows of `segments` are needed: once `clock.mark` is higher, only
    /// for count windows.
    package var segmentsMark = Int.min
    /// Rows counted since the monitor began, those of `segments` included.
    package var totalRows: UInt64 = 0
    /// How many of the last rows the count windows hold at most.
    package let ringRows: Int
    /// Panes to be kept, in the place of those of the same multiple and number.
    package var panes: [StoredPane] = []
    /// The oldest pane of each multiple that is still in a window; older ones are to be dropped.
    package var oldestPanes: [OldestPane] = []
    /// Where the clock stands.
    package var clock: StoredClock
    /// When a record last came, in Unix seconds of the arrival clock.
    package var lastRecord: Double
    /// Whether the monitor has ended: nothing of it is to be kept, its ledger apart.
    package var hasEnded = false
    /// What is to be added to the ledger.
    package var ledger: [LedgerDelta] = []
    /// The features whose bins `ledger` counts, in its order.
    package let ledgerFeatures: [LedgerFeature]

    /// The oldest pane of a width that is still in a window.
    package struct OldestPane: Sendable, Equatable {
        /// Base panes in one of it.
        package let multiple: Int
        /// Its number, in its own width.
        package let number: Int

        /// Names the pane.
        package init(multiple: Int, number: Int) {
            self.multiple = multiple
            self.number = number
        }
    }

    /// Whether nothing happened that must be kept.
    package var isEmpty: Bool {
        !begins && !hasEnded && segments.isEmpty && panes.isEmpty && ledger.isEmpty
    }

    /// Bytes that it takes, about.
    package var bytes: Int {
        segments.count + panes.reduce(0) { $0 + $1.counts.storageBytes }
    }

    /// A change that says nothing yet.
    package init(
        key: MonitorKey,
        layout: String,
        begins: Bool,
        ringRows: Int,
        clock: StoredClock,
        lastRecord: Double,
        ledgerFeatures: [LedgerFeature]
    ) {
        self.key = key
        self.layout = layout
        self.begins = begins
        self.ringRows = ringRows
        self.clock = clock
        self.lastRecord = lastRecord
        self.ledgerFeatures = ledgerFeatures
    }
}

/// What is kept of a monitor; with its reference and the same layout it is that monitor again.
package struct StoredMonitor: Sendable, Equatable {
    /// Where its clock stood.
    package var clock: StoredClock
    /// Rows counted since it began.
    package var totalRows: UInt64
    /// When a record last came, in Unix seconds of the arrival clock.
    package var lastRecord: Double
    /// Panes by multiple, then by number, ascending.
    package var panes: [StoredPane]
    /// Encoded `RowSegment`s of each commit, in its order.
    package var segments: [[UInt8]]

    /// Puts together what was kept.
    package init(
        clock: StoredClock,
        totalRows: UInt64,
        lastRecord: Double,
        panes: [StoredPane],
        segments: [[UInt8]]
    ) {
        self.clock = clock
        self.totalRows = totalRows
        self.lastRecord = lastRecord
        self.panes = panes
        self.segments = segments
    }
}

/// The counts of one pane, as they are kept.
package struct StoredPane: Sendable, Equatable {
    /// Base panes in one pane of this width, ≥ 1; 0 for a base pane that still takes rows.
    package let multiple: Int
    /// The pane's number, in its own width; that of the pane that is filling is the clock's.
    package let number: Int
    /// Its rows.
    package let rows: UInt64
    /// Its counts.
    package let counts: CompactCounts

    /// Makes a pane of its parts.
    package init(multiple: Int, number: Int, rows: UInt64, counts: CompactCounts) {
        self.multiple = multiple
        self.number = number
        self.rows = rows
        self.counts = counts
    }
}

/// Where a monitor's clock stands.
package struct StoredClock: Sendable, Equatable {
    /// On the arrival clock the pane that is filling, on the event clock the first open one;
    /// `Int.min` before the first row.
    package var pane: Int
    /// On the arrival clock its time, on the event clock the watermark, in Unix seconds; -∞ before
    /// the first row.
    package var time: Double
    /// Rows of segments with a lower mark lie in closed panes.
    ///
    /// On the arrival clock how many panes were closed, which a clock that is set back does not
    /// change; on the event clock `pane`.
    package var mark: Int

    /// Makes a clock of its parts.
    package init(pane: Int, time: Double, mark: Int) {
        self.pane = pane
        self.time = time
        self.mark = mark
    }
}

/// A feature as the ledger counts it.
package struct LedgerFeature: Sendable, Equatable {
    /// Its name.
    package let name: String
    /// What its bins are, as bytes: two features of the same bytes are counted alike.
    package let bins: [UInt8]

    /// Names a feature.
    package init(name: String, bins: [UInt8]) {
        self.name = name
        self.bins = bins
    }
}

/// Rows to be added to the ledger of one quarter of an hour.
package struct LedgerDelta: Sendable, Equatable {
    /// The length of a quarter in seconds.
    package static let quarterSeconds = 900

    /// The quarter, from `number × 900` to `(number + 1) × 900` Unix seconds.
    package let quarter: Int
    /// Rows.
    package var rows: UInt64
    /// Records that came too late for their pane.
    package var late: UInt64
    /// Values that their feature cannot have.
    package var invalidValues: UInt64
    /// Rows by feature and bin.
    package var bins: [[UInt64]]

    /// Makes a delta of its parts.
    package init(
        quarter: Int,
        rows: UInt64 = 0,
        late: UInt64 = 0,
        invalidValues: UInt64 = 0,
        bins: [[UInt64]] = []
    ) {
        self.quarter = quarter
        self.rows = rows
        self.late = late
        self.invalidValues = invalidValues
        self.bins = bins
    }
}
