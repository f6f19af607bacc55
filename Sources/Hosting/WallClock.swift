// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The wall clock, in Unix seconds.
package func wallClockSeconds() -> Double {
    var now = timespec()
    // CLOCK_REALTIME is always there; the call fills `now`.
    _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
}

/// Lets a time pass on a thread that may block: never on one of tasks or of an event loop.
///
/// A signal may end it early.
package func pauseThread(milliseconds: UInt32) {
    usleep(milliseconds * 1_000)
}
