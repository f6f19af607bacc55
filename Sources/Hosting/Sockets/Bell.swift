// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOPosix
import Synchronization

/// Wakes a thread that waits for a descriptor, from any other thread and without blocking.
package final class Bell: Sendable {
    /// What came of a wait.
    package struct Awakening: Sendable, Equatable {
        /// The descriptor is ready, or broken: a call on it will not block.
        package var isReady = false
        /// Somebody rang.
        package var isRung = false
    }

    /// The two ends of a pair of sockets that do not block, from `init` to `deinit`.
    private let near: Int32
    private let far: Int32
    private let isStopped = Atomic<Bool>(false)

    /// Makes a bell that nobody has rung.
    ///
    /// - Throws: `SystemError` when there are no descriptors left.
    package init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        // socketpair(2) fills both places.
        let result = unsafe socketpair(AF_UNIX, Int32(kind), 0, &ends)
        (near, far) = (ends[0], ends[1])
        guard result == 0 else { throw SystemError(code: errno) }
    }

    deinit {
        // After a failed `init` there are none; closing -1 does nothing.
        close(near)
        close(far)
    }

    /// Ends the wait of the thread, or its next one.
    package func ring() {
        var byte: UInt8 = 1
        // One byte of this stack. It fails only where there are unheard rings enough.
        _ = unsafe send(far, &byte, 1, Int32(MSG_NOSIGNAL))
    }

    /// Waits until somebody rings, the descriptor is ready or the time is over.
    ///
    /// - Parameters:
    ///   - interest: The descriptor, if any, and what for.
    ///   - limit: The most to wait, rounded up to milliseconds; nil waits for ever.
    /// - Returns: What ended the wait; nothing when the time did.
    @discardableResult
    package func wait(for interest: Interest?, within limit: Duration?) -> Awakening {
        var entries = [
            pollfd(fd: near, events: Int16(POLLIN), revents: 0),
            // poll(2) leaves negative descriptors alone.
            pollfd(fd: interest?.descriptor ?? -1, events: interest?.events ?? 0, revents: 0),
        ]
        // poll(2) reads and writes the two entries of the array.
        guard unsafe poll(&entries, 2, limit.map(Self.milliseconds) ?? -1) > 0 else {
            return Awakening()
        }
        return Awakening(
            isReady: entries[1].revents != 0,
            isRung: entries[0].revents != 0 && hear()
        )
    }

    /// Takes the rings up to now.
    private func hear() -> Bool {
        var bytes = [UInt8](repeating: 0, count: 256)
        var heard = false
        // recv(2) writes at most the bytes that the array holds.
        while unsafe recv(near, &bytes, bytes.count, 0) > 0 { heard = true }
        return heard
    }

    private static func milliseconds(_ duration: Duration) -> Int32 {
        let (seconds, attoseconds) = max(duration, .zero).components
        let fraction = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return Int32(clamping: min(seconds, 1_000_000) * 1_000 + fraction)
    }

    /// Lets a time pass in which others may ring; only a stop ends it early.
    package func pause(_ time: Duration) {
        let end = ContinuousClock.now + time
        while !isStopped.load(ordering: .acquiring), .now < end {
            wait(for: nil, within: ContinuousClock.now.duration(to: end))
        }
    }

    /// Runs a loop on a thread of its own until it returns.
    ///
    /// It ends by itself, after its last work: `stop` tells it to.
    package func run(
        _ loop: @escaping @Sendable (_ stopped: () -> Bool) -> Void
    ) async throws {
        let thread = NIOThreadPool(numberOfThreads: 1)
        thread.start()
        defer { thread.shutdownGracefully { _ in } }
        try await thread.runIfActive { [self] in
            loop { self.isStopped.load(ordering: .acquiring) }
        }
    }

    /// Rings, and tells the loop to stop.
    package func stop() {
        isStopped.store(true, ordering: .releasing)
        ring()
    }
}

/// A descriptor, and what a thread waits for on it.
package struct Interest: Sendable, Equatable {
    /// What may become possible.
    package enum Event: Sendable {
        case input, output, either
    }

    /// The descriptor.
    package let descriptor: Int32
    let events: Int16

    /// Waits for an event on a descriptor.
    package init(_ descriptor: Int32, _ event: Event) {
        self.descriptor = descriptor
        events =
            switch event {
            case .input: Int16(POLLIN)
            case .output: Int16(POLLOUT)
            case .either: Int16(POLLIN) | Int16(POLLOUT)
            }
    }
}
