// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor

/// A monitor's report as a table for people: one line a feature.
///
/// The statistics are those of the first window; every window adds its verdict.
struct DriftTable {
    /// Whether verdicts are coloured with terminal escapes.
    var isColoured: Bool

    /// The lines of the table, without newlines.
    func lines(of monitor: MonitorReport) -> [String] {
        guard let first = monitor.windows.first else { return [] }
        var table = TextTable(FeatureRow.columns)
        for feature in first.features { table.add(FeatureRow.cells(of: feature)) }
        let titles = monitor.windows.map { padded($0.window) }
        let verdicts = first.features.indices.map { index in
            monitor.windows.map { coloured($0.features[index].verdict) }
        }
        return zip(table.text.split(separator: "\n"), [titles] + verdicts).map { line, cells in
            ([String(line)] + cells).joined(separator: "  ")
        }
    }

    /// How full each window is, in one line.
    func rows(of monitor: MonitorReport) -> String {
        monitor.windows.map { "\($0.window): \($0.rows) rows" }.joined(separator: ", ")
    }

    private func coloured(_ verdict: Verdict) -> String {
        let text = padded(verdict.rawValue)
        guard isColoured else { return text }
        return switch verdict {
        case .drifted: "\u{1B}[1;31m\(text)\u{1B}[0m"
        case .steady: "\u{1B}[32m\(text)\u{1B}[0m"
        case .learning: "\u{1B}[2m\(text)\u{1B}[0m"
        }
    }

    /// As wide as the widest verdict.
    private func padded(_ text: String) -> String {
        text + String(repeating: " ", count: max(0, 8 - text.count))
    }
}
