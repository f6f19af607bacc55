// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Logging
import Synchronization

/// Keeps what is logged, for tests to read.
final class LogRecorder: Sendable {
    private let events = Mutex<[String]>([])

    /// A logger of all levels that writes here.
    var logger: Logger {
        var logger = Logger(label: "test") { _ in Handler(recorder: self) }
        logger.logLevel = .trace
        return logger
    }

    /// Every event so far: `level message key=value …`, the keys sorted.
    var lines: [String] { events.withLock { $0 } }

    /// The events whose line contains a text.
    func lines(with text: String) -> [String] { lines.filter { $0.contains(text) } }

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
        }
    }
}
