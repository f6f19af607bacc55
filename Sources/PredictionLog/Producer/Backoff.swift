// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// How long to wait before the next attempt: twice as long each time, and never quite regularly.
///
/// A delay is drawn evenly from the upper half of [0, ceiling], so that the producers of a sidecar
/// that has gone do not all come back at once.
package struct Backoff: Sendable, Equatable {
    /// The ceiling of the first delay.
    package let first: Duration
    /// The greatest ceiling.
    package let last: Duration
    private var ceiling: Duration

    /// Begins with the shortest delay.
    package init(first: Duration = .milliseconds(50), last: Duration = .seconds(5)) {
        self.first = first
        self.last = last
        ceiling = first
    }

    /// The delay before the next attempt, in [ceiling / 2, ceiling].
    package mutating func next(using random: inout some RandomNumberGenerator) -> Duration {
        let delay = ceiling / 2 * Double.random(in: 1...2, using: &random)
        ceiling = min(ceiling * 2, last)
        return delay
    }

    /// Begins with the shortest delay again.
    package mutating func reset() {
        ceiling = first
    }
}
