// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import DriftStatistics
import Hosting
import PredictionLog

extension OfflineReport {
    /// The report as one line of JSON, under the names of the running sidecar's report.
    ///
    /// What is undefined is `null`; times are RFC 3339 in UTC.
    package func json() -> [UInt8] {
        var writer = JSONWriter(reservingBytes: 4_096 * max(results.count, 1))
        writer.object { writer in
            writer.member("model", model)
            writer.member("version", version)
            writer.member("reference", reference)
            switch windows {
            case .rows(let rows):
                writer.member("window_rows", rows)
            case .seconds(let seconds):
                writer.member("window_seconds", seconds)
            }
            writer.member("rows", rows)
            writer.member("failed", failedRows)
            writer.member("invalid_values", invalidValues)
            writer.member(object: "rejected") { writer in
                for reason in RejectReason.allCases {
                    guard let count = rejected[reason] else { continue }
                    writer.member(reason.rawValue, count)
                }
            }
            writer.member(array: "windows", of: results) { window, writer in
                window.write(to: &writer)
            }
        }
        writer.newline()
        return writer.bytes
    }
}

extension OfflineReport.Window {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("first_row", fileRows.lowerBound)
            writer.member("last_row", fileRows.upperBound)
            writer.member("rows", report.rows)
            writer.member("from", times.map { RFC3339.format($0.lowerBound) })
            writer.member("to", times.map { RFC3339.format($0.upperBound) })
            writer.key("partial")
            writer.value(isPartial)
            writer.member("verdict", report.verdict.rawValue)
            writer.member(object: "features") { writer in
                for feature in report.features {
                    writer.key(feature.name)
                    ReportJSON.write(feature, to: &writer)
                }
            }
        }
    }
}
