// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The bounded queue between predictions and the socket: who adds to it never waits.
///
/// When it is full the oldest records make room, and are counted.
package final class RecordQueue: Sendable {
    private let state: Mutex<[UInt8]>
    private let capacity: Int

    /// Makes an empty queue.
    ///
    /// - Parameter capacity: Bytes of lines at most.
    package init(capacity: Int) {
        self.capacity = capacity
        state = Mutex([])
    }

    /// Takes lines of records, each ended by a newline.
    ///
    /// - Parameters:
    ///   - lines: The lines; a line longer than the queue is dropped itself.
    ///   - records: How many lines there are.
    package func append(_ lines: Span<UInt8>, records: Int) {
        state.withLock { state in
            for index in lines.indices where state.count < capacity { state.append(lines[index]) }
        }
    }
}
