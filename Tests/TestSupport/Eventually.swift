// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A condition that did not come true in time.
package struct NeverHappened: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
}

/// Asks `condition` again and again until it holds.
///
/// The one place where tests wait for what another process does; the deadline is generous, since
/// it is only met by a failure, and the pause between two looks keeps a core free for that process.
package func eventually(
    _ what: String,
    within limit: Duration = .seconds(60),
    else context: () -> String = { "" },
    _ condition: () throws -> Bool
) throws {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if try condition() { return }
        usleep(20_000)
    }
    throw NeverHappened(description: "not within \(limit): \(what)\n\(context())")
}

/// The pause between two looks at what another process does, for those that ask over HTTP.
package func pauseBetweenLooks() async throws {
    try await Task.sleep(for: .milliseconds(20))
}

/// Asks `condition` again and again until it holds, without holding a thread meanwhile: what is
/// waited for may need the tasks' own threads, which other tests may keep busy for long.
package func eventuallyWithoutBlocking(
    _ what: String,
    within limit: Duration = .seconds(300),
    _ condition: () throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if try condition() { return }
        try await Task.sleep(for: .milliseconds(5))
    }
    throw NeverHappened(description: "not within \(limit): \(what)")
}
