// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Hosting
import PredictionLog

/// Sends the rows of a table to a socket as records, paced by their event time.
package struct Replay: ~Copyable {
    /// How far a replay has come.
    package struct Progress: Sendable, Equatable {
        /// Records handed to the socket.
        package var records = 0
        /// Bytes handed to the socket.
        package var bytes = 0
        /// Bytes of the input read so far, and in all where that is known.
        package var readBytes = 0
        package var totalBytes: Int?
        /// The event time reached, in Unix seconds.
        package var eventTime: Double?
    }

    private static let bufferBytes = 64 << 10

    private var source: TableSource
    private let stream: UnixStream
    private var records: RowRecords
    private var pace: ReplayPace
    private var pending: [TableRow]
    private let start = ContinuousClock.now

    /// The rows with a time that cannot be read, which nobody will count; nil without any.
    package var unreadableTimes: UnreadableTimes? { records.unreadable }

    /// What was sent so far.
    package private(set) var progress = Progress()

    private var buffer: [UInt8] = []

    /// - Parameters:
    ///   - source: The table, without the rows of `head`.
    ///   - stream: The socket.
    ///   - records: What makes records of rows.
    ///   - speed: How fast event time runs.
    ///   - head: The rows already taken from the table, to be sent first.
    package init(
        _ source: consuming TableSource,
        to stream: consuming UnixStream,
        records: RowRecords,
        speed: ReplaySpeed,
        head: ReplayHead
    ) {
        self.source = source
        self.stream = stream
        self.records = records
        pace = ReplayPace(speed: speed)
        pending = head.rows
    }

    /// Sends everything, or until the task is cancelled, which is no error.
    ///
    /// - Parameter report: Called after every write and every wait.
    /// - Throws: `TableSourceError`, `ReplayError`.
    package mutating func run(_ report: (Progress) -> Void) async throws {
        var rows: [TableRow]? = pending
        pending = []
        do {
            while let batch = rows {
                for row in batch { try await send(row, report) }
                rows = try source.next()
            }
            try await flush(report)
        } catch is CancellationError {
            // Ctrl-C: the summary says what was sent.
        }
    }

    private mutating func send(_ row: TableRow, _ report: (Progress) -> Void) async throws {
        let before = buffer.count
        let time = records.append(row, columns: source.columns, to: &buffer)
        let due = start.advanced(by: .seconds(pace.due(at: time)))
        if due > .now {
            // What was due before goes out first; this row waits.
            let line = Array(buffer[before...])
            buffer.removeSubrange(before...)
            try await flush(report)
            try await wait(until: due, report)
            buffer += line
        }
        if buffer.count >= Self.bufferBytes { try await flush(report) }
    }

    /// Waits in steps, so that whoever watches sees the clock run.
    private func wait(
        until due: ContinuousClock.Instant,
        _ report: (Progress) -> Void
    ) async throws {
        while due > .now {
            try await Task.sleep(until: min(due, .now.advanced(by: .milliseconds(250))))
            report(progress)
        }
    }

    private mutating func flush(_ report: (Progress) -> Void) async throws {
        var sent = 0
        defer {
            // After an error or a Ctrl-C a line may be cut off; it does not count.
            progress.records += buffer[..<sent].count { $0 == UInt8(ascii: "\n") }
            buffer.removeAll(keepingCapacity: true)
            report(progress)
        }
        while sent < buffer.count {
            try Task.checkCancellation()
            do {
                let count = try stream.send(buffer, from: sent)
                sent += count
                progress.bytes += count
            } catch {
                throw ReplayError(reason: error)
            }
        }
        progress.readBytes = source.readBytes
        progress.totalBytes = source.totalBytes
        progress.eventTime = pace.reached
    }
}

/// The connection was lost in the middle of a replay; `progress` says how much was sent.
package struct ReplayError: Error, Sendable, Equatable, CustomStringConvertible {
    package let reason: SystemError

    package var description: String { "the connection to the socket was lost: \(reason)" }
}
