// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A moment of the monotonic clock.
///
/// In place of `ContinuousClock.Instant`, whose layout is only known at run time: each copy of a
/// struct that holds one asks for it (2,000 instructions a request).
package struct Moment: Sendable, Equatable {
    /// Since a fixed moment before the process began.
    private let nanoseconds: Int64

    /// The moment of the call.
    package static var now: Moment {
        var time = timespec()
        // clock_gettime(2) fills the structure of this stack; the clock is one that every kernel has.
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Moment(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// The time from this moment to a later one.
    package func duration(to other: Moment) -> Duration {
        .nanoseconds(nanoseconds(to: other))
    }

    /// The same in nanoseconds.
    func nanoseconds(to other: Moment) -> Int64 {
        other.nanoseconds - nanoseconds
    }
}
