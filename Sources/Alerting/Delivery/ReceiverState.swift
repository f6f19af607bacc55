// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// How it goes with one receiver, as far as this process knows.
package struct ReceiverState: Sendable, Equatable {
    /// Requests by what became of them.
    package struct Counts: Sendable, Equatable {
        /// Notifications that arrived.
        package var delivered: UInt64 = 0
        /// Requests that failed and were, or are to be, made again.
        package var failed: UInt64 = 0
        /// Notifications that the receiver refused for good.
        package var rejected: UInt64 = 0
        /// Notifications given up, as the receiver could not be reached for too long or is gone.
        package var abandoned: UInt64 = 0
    }

    /// The longest wait between two attempts, in seconds.
    package static let longestBackoff = 300.0
    /// The longest that a receiver's own wish is heeded, in seconds.
    package static let longestRetryAfter = 3_600.0

    /// Requests by what became of them.
    package var counts = Counts()
    /// Failures since something last arrived.
    package var failures = 0
    /// No request before, by the wall clock.
    package var notBefore = -Double.infinity
    /// Why it is told nothing any more; nil while it is.
    package var disabled: String?

    /// Nothing sent yet.
    package init() {}

    /// Waits after a failure: 1 s, 2 s, 4 s … 5 min, of which a random half is left out, and no
    /// shorter than the receiver wishes.
    ///
    /// - Parameters:
    ///   - now: The wall clock.
    ///   - wish: For how many seconds it wants to be left alone, if it says so.
    ///   - random: In [0, 1).
    mutating func backOff(at now: Double, after wish: Double?, random: Double) {
        failures += 1
        let step = (1..<min(failures, 16)).reduce(1.0) { step, _ in step * 2 }
        let wait = min(step, Self.longestBackoff) * (1 - random / 2)
        notBefore = now + max(wait, min(wish ?? 0, Self.longestRetryAfter))
    }

    /// Waits for as long as before after the clock was set back by some seconds.
    mutating func setBack(by seconds: Double) {
        notBefore -= seconds
    }
}
