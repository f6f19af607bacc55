// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import PredictionLog
import Sidecar

/// The report on a file for people: a table a window.
enum ReportTable {
    /// The whole report.
    static func text(of report: OfflineReport) -> String {
        var text = "\(report.model), version \(report.version), reference \(report.reference)\n"
        for window in report.results { text += "\n" + self.text(of: window) }
        if report.results.isEmpty { text += "\nno window: \(report.rows) rows were read\n" }
        let drifted = report.results.count { $0.report.verdict == .drifted }
        text += "\nwindows: \(report.results.count), drifted: \(drifted)\n"
        return text + leftOut(of: report)
    }

    /// A line for the rows and values that no window counts; empty when there are none.
    private static func leftOut(of report: OfflineReport) -> String {
        var parts = RejectReason.allCases.compactMap { reason in
            report.rejected[reason].map { "\($0) rejected (\(reason.rawValue))" }
        }
        if report.failedRows > 0 { parts.append("\(report.failedRows) with a failed outcome") }
        if report.invalidValues > 0 { parts.append("\(report.invalidValues) invalid values") }
        return parts.isEmpty ? "" : "not counted: \(parts.joined(separator: ", "))\n"
    }

    private static func text(of window: OfflineReport.Window) -> String {
        var title = "rows \(window.fileRows.lowerBound)–\(window.fileRows.upperBound)"
        if let times = window.times {
            title += ", \(RFC3339.format(times.lowerBound)) – \(RFC3339.format(times.upperBound))"
        }
        if window.isPartial { title += ", cut short by the end of the file" }
        var table = TextTable(FeatureRow.columns + [("verdict", .left)])
        for feature in window.report.features {
            table.add(FeatureRow.cells(of: feature) + [feature.verdict.rawValue])
        }
        return "\(title): \(window.report.verdict.rawValue)\n\(table.text)"
    }
}
