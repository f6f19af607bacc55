// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc
package import Logging
import PredictionLog

/// Writes each log event as one line of JSON to a file descriptor, standard error by default.
///
/// `{"time":"2026-11-21T08:00:00.000Z","level":"info","message":"…","<metadata key>":"…"}`. One
/// event is one `write(2)`, so that lines of several threads do not mix. A reader that went away
/// or does not read loses lines; nothing waits for it when the descriptor does not block.
package struct JSONLogHandler: LogHandler {
    /// Events below this level are not written.
    package var logLevel: Logger.Level
    /// Members of every line.
    package var metadata: Logger.Metadata = [:]
    private let descriptor: Int32

    /// Writes events of a level and above to a descriptor, which stays open.
    package init(level: Logger.Level = .info, descriptor: Int32 = STDERR_FILENO) {
        self.logLevel = level
        self.descriptor = descriptor
    }

    /// A member of every line, by its key.
    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one event.
    package func log(event: LogEvent) {
        var line = JSONWriter(reservingBytes: 256)
        line.object { object in
            object.key("time")
            object.value(RFC3339.format(wallClockSeconds()))
            object.key("level")
            object.value(event.level.rawValue)
            object.key("message")
            object.value(event.message.description)
            let fields = metadata.merging(event.metadata ?? [:]) { _, new in new }
            for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
                // The event's own members keep their names.
                object.key(Self.ownMembers.contains(key) ? "metadata_\(key)" : key)
                object.value(value.description)
            }
            if let error = event.error {
                object.key("error")
                object.value(String(describing: error))
            }
        }
        line.newline()
        writeAll(line.bytes, to: descriptor)
    }

    private static let ownMembers: Set<String> = ["time", "level", "message", "error"]
}
