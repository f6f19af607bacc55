// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc
package import Hosting
import NIOPosix
import PredictionLog
import ServiceLifecycle
import Synchronization

/// Writes the access log to a descriptor, on a thread of its own.
package struct AccessLogService: Service {
    /// A pipe that polls as writable takes so much without blocking (PIPE_BUF).
    static let pieceBytes = 4_096
    /// How long the last lines may take at the shutdown.
    static let flushTime = Duration.milliseconds(500)
    /// How long a descriptor is left alone that takes nothing.
    private static let retryTime = Duration.seconds(1)
    /// How long a line may wait for others.
    private static let linger = Duration.milliseconds(20)

    private let log: AccessLog
    private let descriptor: Int32
    private let bell: Bell

    /// Writes a log.
    ///
    /// - Parameters:
    ///   - log: What is told.
    ///   - descriptor: Where to; it stays open, and may block.
    /// - Throws: `SystemError` when there are no descriptors left.
    package init(_ log: AccessLog, descriptor: Int32 = STDERR_FILENO) throws(SystemError) {
        self.log = log
        self.descriptor = descriptor
        bell = try Bell()
    }

    /// Writes until the shutdown, and then what is left, as far as that is read in time.
    package func run() async throws {
        let (log, bell, descriptor) = (log, bell, descriptor)
        log.queue.onWake { bell.ring() }
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await bell.run { stopped in
                Self.write(log.queue, to: descriptor, bell, until: stopped)
            }
        } onCancelOrGracefulShutdown: {
            bell.stop()
        }
    }

    private static func write(
        _ queue: RecordQueue,
        to descriptor: Int32,
        _ bell: Bell,
        until stopped: () -> Bool
    ) {
        var bytes: [UInt8] = []
        var deadline: ContinuousClock.Instant?
        while true {
            if deadline == nil, stopped() { deadline = .now + flushTime }
            bytes.removeAll(keepingCapacity: true)
            queue.take(upTo: 1 << 16, into: &bytes)
            if bytes.isEmpty {
                guard deadline == nil else { return }
                bell.wait(for: nil, within: nil)
                if !stopped() { bell.pause(linger) }
                continue
            }
            let unwritten = write(bytes, to: descriptor, bell, by: &deadline, stopped)
            guard unwritten > 0 else { continue }
            queue.countDropped(unwritten)
            queue.dropAll()
            guard deadline == nil else { return }
            // The reader has gone. Another may come, and the server goes on without one.
            bell.pause(retryTime)
        }
    }

    /// Writes lines, waiting for whoever reads them.
    ///
    /// - Returns: The lines that were not written, as the reader has gone or the time is over.
    private static func write(
        _ bytes: [UInt8],
        to descriptor: Int32,
        _ bell: Bell,
        by deadline: inout ContinuousClock.Instant?,
        _ stopped: () -> Bool
    ) -> Int {
        var rest = bytes[...]
        while !rest.isEmpty {
            if deadline == nil, stopped() { deadline = .now + flushTime }
            if let deadline, deadline <= .now { break }
            let left = deadline.map { ContinuousClock.now.duration(to: $0) }
            guard bell.wait(for: Interest(descriptor, .output), within: left).isReady else {
                continue
            }
            // The bytes of `rest`, which stays alive for the length of the call.
            let written = unsafe rest.withUnsafeBytes { bytes in
                unsafe Glibc.write(descriptor, bytes.baseAddress, min(bytes.count, pieceBytes))
            }
            if written < 0, errno == EINTR || errno == EAGAIN { continue }
            guard written > 0 else { break }
            rest = rest.dropFirst(written)
        }
        return rest.count { $0 == UInt8(ascii: "\n") }
    }
}
