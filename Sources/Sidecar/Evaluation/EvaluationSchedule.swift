// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftMonitor

/// When the next report is due; a pure state machine over times that come in.
///
/// On the arrival clock a report is due every `interval`. On the event clock the monitors report
/// at pane borders by themselves, and one more report "for looking" is due when no record has
/// arrived for `quiet` since the last one, or `interval` has passed without any report.
package struct EvaluationSchedule: Sendable {
    /// How long records must stay away on the event clock before the look.
    package static let quietSeconds = 1.0

    /// Whose time the monitors follow.
    package var clock: MonitorClock
    /// The time between reports, in seconds.
    package var intervalSeconds: Double
    private var lastReport: Double
    private var lastRecord: Double?

    /// Starts at `now`, as if a report had just been made.
    package init(clock: MonitorClock, intervalSeconds: Double, now: Double) {
        self.clock = clock
        self.intervalSeconds = intervalSeconds
        self.lastReport = now
    }

    /// Records arrived.
    package mutating func recordsArrived(at now: Double) {
        lastRecord = now
    }

    /// A report was made, for whatever reason.
    package mutating func reported(at now: Double) {
        lastReport = now
    }

    /// Whether a report is due.
    ///
    /// A clock that stepped back counts from where it stands now.
    package mutating func isDue(at now: Double) -> Bool {
        if now < lastReport { lastReport = now }
        if now - lastReport >= intervalSeconds { return true }
        guard clock == .event, let record = lastRecord else { return false }
        if now < record { lastRecord = now }
        return record >= lastReport && now - record >= Self.quietSeconds
    }
}
