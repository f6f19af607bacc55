// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Lets a repeated notice through once a minute and counts what it held back.
///
/// Bad records come by the thousand; the log says each kind once, with how many there were.
package struct NoticeLimiter: Sendable {
    /// How long a notice is held back after it was let through, in seconds.
    package static let intervalSeconds = 60.0
    /// How many different notices are told apart; further ones are held back altogether.
    package static let capacity = 256

    private struct Entry: Sendable {
        var passedAt: Double
        var heldBack: UInt64
    }

    private var entries: [String: Entry] = [:]

    /// Has let nothing through yet.
    package init() {}

    /// Decides about `count` occurrences of a notice.
    ///
    /// - Returns: How many occurrences the log line stands for; nil when none is to be written.
    package mutating func pass(_ notice: String, count: UInt64, at now: Double) -> UInt64? {
        guard var entry = entries[notice] else {
            guard entries.count < Self.capacity else { return nil }
            entries[notice] = Entry(passedAt: now, heldBack: 0)
            return count
        }
        entry.heldBack += count
        // A clock that stepped back must not silence a notice for longer than the interval.
        guard now - entry.passedAt >= Self.intervalSeconds || now < entry.passedAt else {
            entries[notice] = entry
            return nil
        }
        entries[notice] = Entry(passedAt: now, heldBack: 0)
        return entry.heldBack
    }
}
