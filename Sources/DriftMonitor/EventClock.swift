// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Event time: the watermark, and which panes it has closed.
///
/// The watermark is the latest time seen. A pane closes when its end lies `lateness` or more
/// behind the watermark; a row of a closed pane is late and used nowhere. A row more than a minute
/// ahead of the arrival clock would close panes for everybody and is refused as future.
package struct EventClock: Sendable, Equatable {
    /// What becomes of a row.
    package enum Admission: Sendable, Equatable {
        /// The row's base pane is closed.
        case late
        /// The row is too far ahead of the arrival clock.
        case future
        /// The row counts in this base pane.
        case pane(Int)
        /// The row counts in this base pane, but first the open panes below `closing` close.
        case paneAfterClosing(Int, closing: Int)
    }

    /// How far, in seconds, a row may be ahead of the arrival clock.
    package static let futureSeconds = 60.0

    /// The length of a base pane, in seconds.
    package let paneSeconds: Int
    /// How long, in seconds, a pane stays open behind the watermark.
    package let latenessSeconds: Int
    /// The latest time seen, in Unix seconds; nil before the first row.
    package private(set) var watermark: Double?
    /// The first base pane that is not closed.
    package private(set) var firstOpen = Int.min
    /// The time, in Unix seconds, from which on a row closes another pane.
    private var nextClosing = -Double.infinity

    /// Makes a clock that has seen nothing.
    package init(paneSeconds: Int, latenessSeconds: Int) {
        self.paneSeconds = paneSeconds
        self.latenessSeconds = latenessSeconds
    }

    /// Decides about a row and moves the watermark.
    ///
    /// - Parameters:
    ///   - time: The row's time, in Unix seconds, finite.
    ///   - arrival: The arrival clock, in Unix seconds.
    /// - Returns: Where the row counts, if anywhere.
    /// - Complexity: O(1).
    package mutating func admit(_ time: Double, arrival: Double) -> Admission {
        guard time <= arrival + Self.futureSeconds else { return .future }
        let pane = paneNumber(at: time, seconds: paneSeconds)
        guard pane >= firstOpen else { return .late }
        if time > (watermark ?? -.infinity) { watermark = time }
        guard time >= nextClosing else { return .pane(pane) }
        close(below: paneNumber(at: time - Double(latenessSeconds), seconds: paneSeconds))
        return .paneAfterClosing(pane, closing: firstOpen)
    }

    /// Closes every pane that the watermark has passed, without waiting for late rows.
    ///
    /// For the end of a stream.
    /// - Returns: The first pane that is still open.
    package mutating func finish() -> Int {
        if let watermark { close(below: paneNumber(at: watermark, seconds: paneSeconds)) }
        return firstOpen
    }

    /// Goes on from where a clock stood; `watermark` is finite or nil.
    mutating func restore(watermark: Double?, firstOpen: Int) {
        self.watermark = watermark
        close(below: firstOpen)
    }

    /// Closes the panes below one.
    private mutating func close(below pane: Int) {
        guard pane > firstOpen else { return }
        firstOpen = pane
        nextClosing = Double((pane + 1) * paneSeconds + latenessSeconds)
    }
}

/// The number of the pane that holds a time: `⌊time / width⌋`, exact for every time.
///
/// - Parameters:
///   - time: Unix seconds; beyond ±2⁵³, and NaN, it is taken as that limit.
///   - seconds: The width of a pane, ≥ 1.
/// - Returns: The number, negative before the epoch.
func paneNumber(at time: Double, seconds: Int) -> Int {
    let limit = 9_007_199_254_740_992.0
    // In this order the comparison with NaN yields the limit, so the conversion cannot trap.
    return floorDivide(Int(max(-limit, min(time, limit)).rounded(.down)), seconds)
}

/// The number of the quarter of an hour that holds a time; see `paneNumber`.
package func quarterNumber(at time: Double) -> Int {
    paneNumber(at: time, seconds: LedgerDelta.quarterSeconds)
}
