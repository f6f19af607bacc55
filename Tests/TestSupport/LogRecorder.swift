// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Logging
import Synchronization

/// Keeps what is logged, for tests to read.
package final class LogRecorder: Sendable {
    /// The events as they come, from the first on; for one reader.
    package let stream: AsyncStream<String>

    private let events = Mutex<[String]>([])
    private let continuation: AsyncStream<String>.Continuation

    /// Makes a recorder that has heard nothing.
    package init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    /// A logger of all levels that writes here.
    package var logger: Logger {
        var logger = Logger(label: "test") { _ in Handler(recorder: self) }
        logger.logLevel = .trace
        return logger
    }

    /// Every event so far: `level message key=value …`, the keys sorted.
    package var lines: [String] { events.withLock { $0 } }

    /// The events whose line contains a text.
    package func lines(with text: String) -> [String] { lines.filter { $0.contains(text) } }

    private struct Handler: LogHandler {
        let recorder: LogRecorder
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let pairs = (event.metadata ?? [:]).sorted { $0.key < $1.key }
                .map { " \($0.key)=\($0.value)" }
            let line = "\(event.level) \(event.message)\(pairs.joined())"
            recorder.events.withLock { $0.append(line) }
            recorder.continuation.yield(line)
        }
    }
}
