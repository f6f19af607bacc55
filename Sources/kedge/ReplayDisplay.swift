// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog
import Sidecar

/// How a replay is coming on, on standard error: a bar on a terminal, else a line now and then.
struct ReplayDisplay {
    private static let barWidth = 24
    /// How often a terminal, and a file, is told.
    private static let intervals = (watched: Duration.milliseconds(100), plain: Duration.seconds(5))

    private let isWatched: Bool
    private let start = ContinuousClock.now
    private var next: ContinuousClock.Instant

    init(isWatched: Bool) {
        self.isWatched = isWatched
        next = start.advanced(by: isWatched ? .zero : Self.intervals.plain)
    }

    /// Tells the progress, unless it did a moment ago.
    mutating func show(_ progress: Replay.Progress) {
        guard .now >= next else { return }
        next = .now.advanced(by: isWatched ? Self.intervals.watched : Self.intervals.plain)
        let text = line(progress)
        Terminal.note(isWatched ? "\r\(text)\u{1B}[K" : text + "\n")
    }

    /// Tells what was sent in all.
    func end(_ progress: Replay.Progress) {
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let rate = Int((Double(progress.records) / max(seconds, 0.001)).rounded())
        let tenths = Int((seconds * 10).rounded())
        let text =
            "sent \(progress.records) records, \(progress.bytes) bytes, "
            + "in \(tenths / 10).\(tenths % 10) s, \(rate) records/s\n"
        Terminal.note(isWatched ? "\r\u{1B}[K" + text : text)
    }

    private func line(_ progress: Replay.Progress) -> String {
        var text = ""
        if let total = progress.totalBytes, total > 0 {
            let share = Double(progress.readBytes) / Double(total)
            if isWatched {
                let bar = BlockChart.bar(share, width: Self.barWidth)
                text += "▕\(bar)\(String(repeating: " ", count: Self.barWidth - bar.count))▏ "
            }
            text += "\(Int(share * 100)) %  "
        }
        text += "\(progress.records) records"
        if let time = progress.eventTime { text += "  \(RFC3339.format(time))" }
        return text
    }
}
