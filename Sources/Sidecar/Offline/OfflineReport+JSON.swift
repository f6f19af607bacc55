// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import DriftStatistics
import PredictionLog

extension OfflineReport {
    /// The report as one line of JSON, under the names of the running sidecar's report.
    ///
    /// What is undefined is `null`; times are RFC 3339 in UTC.
    package func json() -> [UInt8] {
        var writer = JSONWriter(reservingBytes: 4_096 * max(results.count, 1))
        writer.object { writer in
            writer.key("model")
            writer.value(model)
            writer.key("version")
            writer.value(version)
            writer.key("reference")
            writer.value(reference)
            switch windows {
            case .rows(let rows):
                writer.key("window_rows")
                writer.value(rows)
            case .seconds(let seconds):
                writer.key("window_seconds")
                writer.value(seconds)
            }
            writer.key("rows")
            writer.value(rows)
            writer.key("failed")
            writer.value(failedRows)
            writer.key("invalid_values")
            writer.value(invalidValues)
            writer.key("rejected")
            writer.object { writer in
                for reason in RejectReason.allCases {
                    guard let count = rejected[reason] else { continue }
                    writer.key(reason.rawValue)
                    writer.value(count)
                }
            }
            writer.key("windows")
            writer.array { writer in
                for window in results { window.write(to: &writer) }
            }
        }
        writer.newline()
        return writer.bytes
    }
}

extension OfflineReport.Window {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.key("first_row")
            writer.value(fileRows.lowerBound)
            writer.key("last_row")
            writer.value(fileRows.upperBound)
            writer.key("rows")
            writer.value(report.rows)
            writer.key("from")
            writer.value(times.map { RFC3339.format($0.lowerBound) })
            writer.key("to")
            writer.value(times.map { RFC3339.format($0.upperBound) })
            writer.key("partial")
            writer.value(isPartial)
            writer.key("verdict")
            writer.value(report.verdict.rawValue)
            writer.key("features")
            writer.object { writer in
                for feature in report.features {
                    writer.key(feature.name)
                    ReportJSON.write(feature, to: &writer)
                }
            }
        }
    }
}
