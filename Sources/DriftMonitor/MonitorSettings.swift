// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Whose time the windows follow.
package enum MonitorClock: String, Sendable {
    /// The time a record arrives.
    case arrival
    /// The time the record itself states.
    case event
}

/// How records are windowed and judged; the same for every monitor of a process.
package struct MonitorSettings: Sendable, Equatable {
    /// The windows, in the order of the report.
    package var windows: [WindowDefinition]
    /// Whose time the windows follow.
    package var clock: MonitorClock
    /// How long, in seconds, a pane stays open behind the watermark; event clock only.
    package var latenessSeconds: Int
    /// A statistic with fewer rows behind it than this is learning.
    package var minimumRows: UInt64
    /// What a statistic may reach before its feature has drifted.
    package var thresholds: Thresholds
    /// A monitor without records for this many seconds ends.
    package var expireSeconds: Int

    /// How long `latenessSeconds` may be: a day.
    package static let latenessLimits = 0...86_400

    /// Makes settings; what is left out is as DESIGN configures it by default.
    package init(
        windows: [WindowDefinition],
        clock: MonitorClock = .arrival,
        latenessSeconds: Int = 60,
        minimumRows: UInt64 = 200,
        thresholds: Thresholds = Thresholds(),
        expireSeconds: Int = 86_400
    ) {
        self.windows = windows
        self.clock = clock
        self.latenessSeconds = latenessSeconds
        self.minimumRows = minimumRows
        self.thresholds = thresholds
        self.expireSeconds = expireSeconds
    }

    /// The length of the panes that every time window is composed of, in seconds.
    ///
    /// The greatest common divisor of the windows' own panes; a minute when there is no time
    /// window (the event clock still reports at pane borders).
    package var basePaneSeconds: Int {
        var divisor = 0
        for window in windows {
            guard case .panes(_, let seconds) = window.clampedExtent else { continue }
            divisor = greatestCommonDivisor(divisor, seconds)
        }
        return divisor == 0 ? 60 : divisor
    }

    /// Whether two settings keep the same counts, so that a monitor may pass from one to the other.
    package func countsAlike(_ other: MonitorSettings) -> Bool {
        // On the arrival clock nothing is late.
        windows == other.windows && clock == other.clock
            && (clock == .arrival || latenessSeconds == other.latenessSeconds)
    }
}

/// The greatest common divisor of two numbers ≥ 0, by Euclid; gcd(0, n) = n.
private func greatestCommonDivisor(_ first: Int, _ second: Int) -> Int {
    var (larger, smaller) = (first, second)
    while smaller != 0 { (larger, smaller) = (smaller, larger % smaller) }
    return larger
}
