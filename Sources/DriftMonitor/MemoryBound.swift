// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftStatistics

/// The most memory that one monitor's counts take, computed from its configuration.
///
/// What is counted are the arrays of panes and windows: all that grows with use. The reference
/// itself and the tables made from it are fixed when it is read, and not part of the bound; nor
/// are the carries of a pane, 4 bytes for every 2³¹ values counted (see `PaneCounts`), or the copy
/// of what leaves the windows while a report on the event clock is made for looking.
package struct MemoryBound: Sendable, Equatable {
    /// The part of one window.
    package struct Window: Sendable, Equatable {
        /// The window's name.
        package let name: String
        /// Its bytes at most; `Int.max` if they do not fit an integer.
        package let bytes: Int
    }

    /// The bytes of the base panes that can be open at once, at most.
    package let openPanes: Int
    /// The bytes of each window at most, in the order configured.
    package let windows: [Window]

    /// Computes the bound of one monitor.
    ///
    /// - Complexity: O(features + windows), no allocation to speak of: it may be asked for before
    ///   anything is allocated.
    package init(reference: Reference, settings: MonitorSettings) {
        let layout = CellLayout(reference)
        let seconds = settings.basePaneSeconds
        var hasTimeWindow = false
        windows = settings.windows.map { definition in
            let bytes =
                switch definition.clampedExtent {
                case .panes(let count, let paneSeconds):
                    TimeWindow.storageBound(
                        paneCount: count,
                        multiple: paneSeconds / seconds,
                        cellCount: layout.cellCount
                    )
                case .rows(let rows): CountWindow.storageBound(capacity: rows, layout: layout)
                }
            if case .panes = definition.extent { hasTimeWindow = true }
            return Window(name: definition.name, bytes: bytes)
        }
        let openCount = settings.openPaneLimit
        openPanes = Footprint.saturating(
            openCount,
            times: Footprint.bound(count: hasTimeWindow ? layout.cellCount : 0, of: UInt32.self),
            plus: Footprint.growingBound(count: openCount, of: WindowSet.OpenPane.self)
        )
    }

    /// All of it.
    package var total: Int {
        windows.reduce(openPanes) { Footprint.saturating($0, plus: $1.bytes) }
    }
}

extension MonitorSettings {
    /// How many base panes can be open at once.
    ///
    /// On the event clock those from the watermark's back to the first that ends less than
    /// `lateness` behind it: at most ⌈lateness / pane⌉ + 1.
    var openPaneLimit: Int {
        switch clock {
        case .arrival: 1
        case .event:
            (latenessSeconds.clamped(to: Self.latenessLimits) + basePaneSeconds - 1)
                / basePaneSeconds + 1
        }
    }
}
