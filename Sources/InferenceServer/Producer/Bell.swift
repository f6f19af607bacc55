// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Hosting
import NIOPosix
import ServiceLifecycle
import Synchronization

/// Wakes a thread that waits for a descriptor, from any other thread and without blocking.
final class Bell: Sendable {
    /// What came of a wait.
    struct Awakening: Sendable, Equatable {
        /// The descriptor is ready, or broken: a call on it will not block.
        var isReady = false
        /// The descriptor's other end has gone.
        var isBroken = false
        /// Somebody rang.
        var isRung = false
    }

    /// The ends of a pipe that do not block, from `init` to `deinit`.
    private let ends: (reading: Int32, writing: Int32)
    private let isStopped = Atomic<Bool>(false)

    init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        // pipe(2) fills the two elements.
        guard unsafe pipe(&ends) == 0 else { throw SystemError(code: errno) }
        for end in ends {
            // They are open and ours; setting flags of an open descriptor does not fail.
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        self.ends = (ends[0], ends[1])
    }

    deinit {
        close(ends.reading)
        close(ends.writing)
    }

    /// Ends the wait of the thread, or its next one.
    func ring() {
        // Fails when the pipe is full, and then it is rung.
        var byte: UInt8 = 1
        _ = unsafe write(ends.writing, &byte, 1)
    }

    /// Waits until somebody rings, the descriptor is ready or the time is over.
    ///
    /// - Parameters:
    ///   - interest: The descriptor, if any, and what for.
    ///   - limit: The most to wait; nil waits for ever.
    @discardableResult
    func wait(for interest: Interest?, within limit: Duration?) -> Awakening {
        var entries = [
            pollfd(fd: ends.reading, events: Int16(POLLIN), revents: 0),
            // poll(2) leaves negative descriptors alone.
            pollfd(fd: interest?.descriptor ?? -1, events: interest?.events ?? 0, revents: 0),
        ]
        // poll reads and writes the two entries, which are on this stack.
        let count = unsafe poll(&entries, 2, limit.map(Self.milliseconds) ?? -1)
        guard count > 0 else { return Awakening() }
        let isRung = entries[0].revents != 0 && silence()
        let broken = Int16(POLLERR) | Int16(POLLHUP) | Int16(POLLNVAL)
        return Awakening(
            isReady: entries[1].revents != 0,
            isBroken: entries[1].revents & broken != 0,
            isRung: isRung
        )
    }

    /// Takes the rings out of the pipe; whether there was one.
    private func silence() -> Bool {
        var bytes: [UInt8] = Array(repeating: 0, count: 256)
        var isRung = false
        // read(2) fills at most the array.
        while unsafe read(ends.reading, &bytes, bytes.count) > 0 { isRung = true }
        return isRung
    }

    /// A time-out of poll(2): rounded up, so that a wait is not over before its time.
    private static func milliseconds(_ duration: Duration) -> Int32 {
        let (seconds, attoseconds) = max(duration, .zero).components
        let rest = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return Int32(clamping: min(seconds, 1_000_000) * 1_000 + rest)
    }

    /// Lets a time pass in which others may ring; only a stop ends it early.
    func pause(_ time: Duration) {
        let end = ContinuousClock.now + time
        while !isStopped.load(ordering: .acquiring), .now < end {
            wait(for: nil, within: ContinuousClock.now.duration(to: end))
        }
    }

    /// Runs a loop on a thread of its own until it returns; it is rung and told to stop when the
    /// shutdown begins, or another service has failed.
    func ringUntilStopped(
        _ loop: @escaping @Sendable (_ stopped: () -> Bool) -> Void
    ) async throws {
        let thread = NIOThreadPool(numberOfThreads: 1)
        thread.start()
        defer { thread.shutdownGracefully { _ in } }
        try await withTaskCancellationOrGracefulShutdownHandler {
            // Not by the pool's own cancellation: the loop ends by itself, after its last work.
            try await thread.runIfActive { [self] in
                loop { self.isStopped.load(ordering: .acquiring) }
            }
        } onCancelOrGracefulShutdown: { [self] in
            isStopped.store(true, ordering: .releasing)
            ring()
        }
    }
}

/// A descriptor, and what a thread waits for on it.
struct Interest: Sendable, Equatable {
    /// What may become possible.
    enum Event: Sendable {
        case input, output, either
    }

    let descriptor: Int32
    let events: Int16

    init(_ descriptor: Int32, _ event: Event) {
        self.descriptor = descriptor
        events =
            switch event {
            case .input: Int16(POLLIN)
            case .output: Int16(POLLOUT)
            case .either: Int16(POLLIN) | Int16(POLLOUT)
            }
    }
}
