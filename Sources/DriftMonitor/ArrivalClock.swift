// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Arrival time: which base pane is filling, whatever the system's clock does.
///
/// A clock that is set back within the open pane or into the one before is waited for: rows go on
/// filling the open pane. One set back further renames the panes, so that the open one continues under the number
/// of the new time. Either way no pane is lost and none is filled twice.
package struct ArrivalClock: Sendable, Equatable {
    /// What a reading of the clock means for the panes.
    package enum Step: Sendable, Equatable {
        /// The open pane goes on.
        case stays
        /// The open pane closes, and this one begins.
        case moves(to: Int)
        /// The open pane goes on under this number.
        case renames(to: Int)
    }

    /// The length of a base pane, in seconds.
    package let paneSeconds: Int
    /// The time that reports state, in Unix seconds: the latest since the clock was last set back.
    package private(set) var time = -Double.infinity
    /// The base pane that is filling.
    package private(set) var pane = Int.min
    /// How often a pane has closed; setting the clock back does not change it.
    package private(set) var closings = 0

    /// Makes a clock that was never read.
    package init(paneSeconds: Int) {
        self.paneSeconds = paneSeconds
    }

    /// Goes on from where a clock stood.
    mutating func restore(pane: Int, time: Double, closings: Int) {
        self.pane = pane
        self.time = time
        self.closings = closings
    }

    /// Takes a reading of the system's clock, in Unix seconds.
    package mutating func advance(to now: Double) -> Step {
        let next = paneNumber(at: now, seconds: paneSeconds)
        if next > pane {
            (pane, time) = (next, now)
            closings += 1
            return .moves(to: next)
        }
        if next < pane - 1 {
            (pane, time) = (next, now)
            return .renames(to: next)
        }
        time = max(time, now)
        return .stays
    }
}
