// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// How fast a replay runs.
package enum ReplaySpeed: Sendable, Equatable {
    /// As fast as the reader takes it.
    case unlimited
    /// So many seconds of event time in one second; > 0 and finite.
    case times(Double)

    /// Reads `max`, or a factor with or without `x`: `3600x`, `1x`, `0.5`.
    ///
    /// `nil` for anything else, and for a factor that is not positive and finite.
    package init?(_ text: String) {
        if text == "max" {
            self = .unlimited
            return
        }
        let factor = text.hasSuffix("x") ? text.dropLast() : text[...]
        guard let value = Double(factor), value > 0, value.isFinite else { return nil }
        self = .times(value)
    }
}

/// When the records of a replay are due, by their event time.
///
/// The clock starts with the first record that has a time. A record without one is due when the
/// record before it was; so is one from before the latest seen: time never runs backwards, and the
/// order of the file is kept.
package struct ReplayPace: Sendable {
    private let speed: ReplaySpeed
    private var first: Double?
    private var latest = -Double.infinity

    package init(speed: ReplaySpeed) {
        self.speed = speed
    }

    /// The event time reached, in Unix seconds; `nil` before the first record that has one.
    package var reached: Double? { first == nil ? nil : latest }

    /// Takes the next record's event time, in Unix seconds, NaN when it has none.
    ///
    /// - Returns: When it is due, in seconds ≥ 0 after the first record.
    package mutating func due(at time: Double) -> Double {
        if time.isFinite {
            if first == nil { first = time }
            latest = max(latest, time)
        }
        guard let first, case .times(let factor) = speed else { return 0 }
        return (latest - first) / factor
    }
}
