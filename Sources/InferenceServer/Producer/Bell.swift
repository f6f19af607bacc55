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

    /// An eventfd that does not block, from `init` to `deinit`.
    private let descriptor: Int32
    private let isStopped = Atomic<Bool>(false)

    init() throws(SystemError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC.rawValue | EFD_NONBLOCK.rawValue))
        guard descriptor >= 0 else { throw SystemError(code: errno) }
    }

    deinit {
        close(descriptor)
    }

    /// Ends the wait of the thread, or its next one.
    func ring() {
        // Only fails when it has been rung 2⁶⁴ - 2 times, and then it is rung.
        _ = eventfd_write(descriptor, 1)
    }

    /// Waits until somebody rings, the descriptor is ready or the time is over.
    ///
    /// - Parameters:
    ///   - interest: The descriptor, if any, and what for.
    ///   - limit: The most to wait; nil waits for ever.
    @discardableResult
    func wait(for interest: Interest?, within limit: Duration?) -> Awakening {
        var entries = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            // poll(2) leaves negative descriptors alone.
            pollfd(fd: interest?.descriptor ?? -1, events: interest?.events ?? 0, revents: 0),
        ]
        var time = timespec(limit ?? .zero)
        let isBounded = limit != nil
        // ppoll reads and writes the two entries and reads the time; all are on this stack.
        let count = unsafe entries.withUnsafeMutableBufferPointer { entries in
            unsafe withUnsafePointer(to: &time) { time in
                unsafe ppoll(entries.baseAddress, 2, isBounded ? time : nil, nil)
            }
        }
        guard count > 0 else { return Awakening() }
        var rings: UInt64 = 0
        let isRung = entries[0].revents != 0 && unsafe eventfd_read(descriptor, &rings) == 0
        let broken = Int16(POLLERR) | Int16(POLLHUP) | Int16(POLLNVAL)
        return Awakening(
            isReady: entries[1].revents != 0,
            isBroken: entries[1].revents & broken != 0,
            isRung: isRung
        )
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

extension timespec {
    fileprivate init(_ duration: Duration) {
        let (seconds, attoseconds) = max(duration, .zero).components
        self.init(tv_sec: Int(clamping: seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
    }
}
