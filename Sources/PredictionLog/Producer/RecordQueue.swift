// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The bounded queue between predictions and the socket: who adds to it never waits.
///
/// When it is full the oldest records make room, and are counted. One consumer takes batches of
/// whole lines; while it sleeps on an empty queue, the next line wakes it, once.
package final class RecordQueue: Sendable {
    /// What went in, and what was lost.
    package struct Counts: Sendable, Equatable {
        /// Lines that were added, those dropped later included.
        package var appended: UInt64 = 0
        /// Lines that were dropped, whether here or behind the queue.
        package var dropped: UInt64 = 0
        /// Bytes of lines that wait.
        package var bytes = 0
    }

    private struct State: ~Copyable {
        var ring: LineRing
        var counts = Counts()
        var consumerSleeps = false
        var wake: @Sendable () -> Void = {}

        mutating func add(_ lines: Span<UInt8>) {
            if lines.count <= ring.capacity {
                counts.dropped &+= UInt64(ring.dropLines(untilFree: lines.count))
                _ = ring.append(lines)
                return
            }
            // More than the queue holds at once: line by line, so that only those too long are lost.
            var start = 0
            for index in lines.indices where lines[index] == UInt8(ascii: "\n") {
                let line = lines.extracting(start..<index + 1)
                start = index + 1
                if line.count <= ring.capacity {
                    counts.dropped &+= UInt64(ring.dropLines(untilFree: line.count))
                    _ = ring.append(line)
                } else {
                    counts.dropped &+= 1
                }
            }
        }
    }

    private let state: Mutex<State>

    /// Makes an empty queue.
    ///
    /// - Parameter capacity: Bytes of lines at most; all the memory that it ever takes.
    package init(capacity: Int) {
        state = Mutex(State(ring: LineRing(capacity: capacity)))
    }

    /// Takes lines of records, each ended by a newline.
    ///
    /// - Parameters:
    ///   - lines: The lines; a line longer than the queue is dropped itself.
    ///   - records: How many lines there are.
    /// - Complexity: O(bytes), without allocation.
    package func append(_ lines: Span<UInt8>, records: Int) {
        guard !lines.isEmpty else { return }
        let wake: (@Sendable () -> Void)? = state.withLock { state in
            state.counts.appended &+= UInt64(clamping: records)
            state.add(lines)
            guard state.consumerSleeps, state.ring.count > 0 else { return nil }
            state.consumerSleeps = false
            return state.wake
        }
        wake?()
    }

    /// What went in and what was lost up to now.
    package var counts: Counts {
        state.withLock { state in
            var counts = state.counts
            counts.bytes = state.ring.count
            return counts
        }
    }
}

extension RecordQueue {
    /// Sets what is called when a line comes while the consumer sleeps; any thread calls it, and it
    /// must not block.
    package func onWake(_ wake: @escaping @Sendable () -> Void) {
        state.withLock { $0.wake = wake }
    }

    /// Moves the oldest lines out.
    ///
    /// When there are none the consumer counts as asleep from then on.
    ///
    /// - Parameters:
    ///   - limit: Bytes at most, but for a single line that is longer.
    ///   - bytes: Where the lines are added.
    /// - Returns: Whether there are more.
    /// - Complexity: O(bytes moved), under the lock that `append` takes.
    @discardableResult
    package func take(upTo limit: Int, into bytes: inout [UInt8]) -> Bool {
        // So that nothing is allocated under the lock.
        bytes.reserveCapacity(bytes.count + limit)
        return state.withLock { state in
            state.consumerSleeps = state.ring.count == 0
            state.ring.takeLines(upTo: limit, into: &bytes)
            return state.ring.count > 0
        }
    }

    /// Drops everything, as nobody will take it any more.
    package func dropAll() {
        state.withLock { state in
            state.counts.dropped &+= UInt64(state.ring.dropLines(untilFree: state.ring.capacity))
        }
    }

    /// Counts records as dropped that were taken out and could not be delivered.
    package func countDropped(_ records: Int) {
        state.withLock { $0.counts.dropped &+= UInt64(clamping: records) }
    }
}
