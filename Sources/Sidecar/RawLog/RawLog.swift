// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Hosting
import Logging
import PredictionLog
import ServiceLifecycle
import Synchronization

/// Keeps accepted records as they came, values included, in files of bounded size and age; off
/// unless it is asked for.
///
/// A side branch: whatever the disk does, ingest does not wait for it. What the files cannot take
/// is dropped, and counted.
package struct RawLog: Service {
    /// Bytes of records that wait for the disk at most.
    static let queueBytes = 8 << 20
    /// How long records gather before they are written together.
    static let linger = Duration.milliseconds(100)
    /// A file holds at most this part of all that is kept, so that the oldest can go by itself.
    static let files = 8

    /// What is to be written.
    let queue = RecordQueue(capacity: Self.queueBytes)
    private let directory: String
    private let settings: SidecarSettings.RawLog
    private let bell: Bell
    private let progress = Progress()
    private let logger: Logger

    private final class Progress: Sendable {
        let bytes = Atomic<Int>(0)
    }

    /// What is kept, and what was lost.
    package struct Figures: Sendable, Equatable {
        /// The bytes of the files.
        package var bytes: Int
        /// Records that the disk could not take.
        package var dropped: UInt64
    }

    /// Prepares the directory, and says loudly what is kept.
    ///
    /// - Throws: `SystemError` when there are no descriptors left.
    init(
        state: String,
        settings: SidecarSettings.RawLog,
        logger: Logger
    ) throws(SystemError) {
        directory = state + "/raw"
        self.settings = settings
        self.logger = logger
        bell = try Bell()
        logger.warning(
            "raw_log is on: every accepted record is kept with its values",
            metadata: [
                "directory": "\(directory)", "max_bytes": "\(settings.maximumBytes)",
                "max_age": "\(DurationText.text(settings.maximumAge))",
            ]
        )
    }

    /// What is kept, and what was lost.
    package var figures: Figures {
        Figures(bytes: progress.bytes.load(ordering: .relaxed), dropped: queue.counts.dropped)
    }

    /// Writes until the shutdown, and then what is left.
    package func run() async throws {
        let bell = bell
        queue.onWake { bell.ring() }
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await bell.run { stopped in write(until: stopped) }
        } onCancelOrGracefulShutdown: {
            bell.stop()
        }
    }

    private func write(until stopped: () -> Bool) {
        var files = RawFiles(directory: directory, settings: settings)
        // A portion as large as all that is kept would leave nothing but itself.
        let portion = min(RawFiles.fileBytes(settings), 1 << 20)
        var bytes: [UInt8] = []
        var failureTold: SystemError?
        while true {
            let isLast = stopped()
            if !isLast { bell.wait(for: nil, within: Self.linger) }
            bytes.removeAll(keepingCapacity: true)
            queue.take(upTo: portion, into: &bytes)
            do throws(SystemError) {
                try files.append(bytes, now: wallClockSeconds())
                failureTold = nil
            } catch {
                queue.countDropped(bytes.count { $0 == UInt8(ascii: "\n") })
                if failureTold != error {
                    logger.error(
                        "raw_log cannot be written; its records are dropped",
                        metadata: ["reason": "\(error)", "directory": "\(directory)"]
                    )
                }
                failureTold = error
            }
            progress.bytes.store(files.bytes, ordering: .relaxed)
            if isLast, bytes.isEmpty { return }
            if bytes.isEmpty, !isLast { bell.wait(for: nil, within: .seconds(1)) }
        }
    }
}
