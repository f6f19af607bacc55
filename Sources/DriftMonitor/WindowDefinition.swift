// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// One rolling window, as configured.
///
/// A time window holds the pane that is open and the closed ones before it, `count` in all, each
/// `seconds` long and aligned to the epoch. A count window holds the last `rows` records.
package struct WindowDefinition: Sendable, Equatable {
    /// What a window spans.
    package enum Extent: Sendable, Equatable {
        /// `count` panes of `seconds` each.
        case panes(count: Int, seconds: Int)
        /// The last records, whatever their age.
        case rows(Int)
    }

    /// Why an extent cannot be had.
    package enum Fault: Sendable, Equatable {
        /// The number of panes lies outside `paneCounts`.
        case paneCount(Int)
        /// The length of a pane, in seconds, lies outside `paneSeconds`.
        case paneSeconds(Int)
        /// The number of rows lies outside `rowCounts`.
        case rows(Int)
    }

    /// How many panes a time window may have.
    package static let paneCounts = 1...100_000
    /// How long a pane may be, in seconds: up to a year of 366 days.
    package static let paneSeconds = 1...31_622_400
    /// How many records a count window may hold.
    package static let rowCounts = 1...100_000_000

    /// The name in reports, metrics and rules.
    package let name: String
    /// What the window spans.
    package let extent: Extent

    /// Makes a definition; `fault` says whether its extent is within the limits.
    package init(name: String, extent: Extent) {
        self.name = name
        self.extent = extent
    }

    /// What is wrong with the extent, or nil.
    ///
    /// Settings refuse a faulty window; a monitor given one all the same takes the nearest limit.
    package var fault: Fault? {
        switch extent {
        case .panes(let count, _) where !Self.paneCounts.contains(count): .paneCount(count)
        case .panes(_, let seconds) where !Self.paneSeconds.contains(seconds): .paneSeconds(seconds)
        case .rows(let rows) where !Self.rowCounts.contains(rows): .rows(rows)
        case .panes, .rows: nil
        }
    }

    /// The extent moved into the limits; itself when there is no fault.
    var clampedExtent: Extent {
        switch extent {
        case .panes(let count, let seconds):
            .panes(
                count: count.clamped(to: Self.paneCounts),
                seconds: seconds.clamped(to: Self.paneSeconds)
            )
        case .rows(let rows): .rows(rows.clamped(to: Self.rowCounts))
        }
    }
}

extension Int {
    /// The nearest value within `limits`.
    func clamped(to limits: ClosedRange<Int>) -> Int {
        Swift.min(Swift.max(self, limits.lowerBound), limits.upperBound)
    }
}
