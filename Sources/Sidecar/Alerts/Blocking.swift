// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// Runs what blocks where nobody else waits; whoever asked may leave before it ends.
enum Blocking {
    /// Runs `body` where `on` puts it, and waits for it or for the end of the task.
    ///
    /// - Throws: `CancellationError`, or what `body` throws.
    static func run<T: Sendable>(
        _ body: @escaping @Sendable () throws -> T,
        on start: (@escaping @Sendable () -> Void) -> Void
    ) async throws -> T {
        let (stream, continuation) = AsyncThrowingStream<T, any Error>.makeStream()
        start {
            continuation.yield(with: Result { try body() })
            continuation.finish()
        }
        for try await value in stream { return value }
        throw CancellationError()
    }
}

/// Calls that may block for ever, each on a thread of its own.
///
/// A name server may be dead, a file a pipe. Few of a kind are under way at a time, however many
/// are abandoned.
final class BlockingCalls: Sendable {
    /// Calls of a kind at once.
    static let maximum = 4

    private let underWay = Mutex<[String: Int]>([:])

    /// Runs a call of a kind.
    ///
    /// - Throws: `TooManyCalls`, `CancellationError`, or what `body` throws.
    func run<T: Sendable>(
        _ kind: String,
        _ body: @escaping @Sendable () throws -> T
    ) async throws -> T {
        let isFree = underWay.withLock { counts in
            guard counts[kind, default: 0] < Self.maximum else { return false }
            counts[kind, default: 0] += 1
            return true
        }
        guard isFree else { throw TooManyCalls() }
        return try await Blocking.run {
            defer { self.ended(kind) }
            return try body()
        } on: { work in
            Thread.detachNewThread(work)
        }
    }

    private func ended(_ kind: String) {
        underWay.withLock { counts in
            counts[kind, default: 1] -= 1
            if counts[kind] == 0 { counts[kind] = nil }
        }
    }
}

/// The calls before have not ended.
struct TooManyCalls: Error, CustomStringConvertible {
    var description: String { "its host or secret cannot be looked up: the attempts before hang" }
}
