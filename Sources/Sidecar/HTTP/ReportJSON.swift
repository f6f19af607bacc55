// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftMonitor
import DriftStatistics
import Hosting
package import PredictionLog

/// A report as JSON, the shape of `/api/v1/report`; `kedge report` writes features the same way.
///
/// Statistics stand under their metric names, `null` where undefined, and appear while `learning`
/// too: the verdict says so. Times are RFC 3339 in UTC.
package enum ReportJSON {
    /// Writes the whole report, and the last ones of monitors that others have replaced.
    static func write(
        _ report: Report,
        retired: [RetiredReports.Entry],
        to json: inout JSONWriter
    ) {
        json.object { json in
            json.member("time", RFC3339.format(report.time))
            json.member(array: "monitors", of: report.monitors) { monitor, json in
                write(monitor, retiredAt: nil, to: &json)
            }
            json.member(array: "retired", of: retired) { entry, json in
                json.value(json: Array(entry.json.utf8))
            }
        }
    }

    /// Writes a monitor's object; with the time at which it was replaced, if it was.
    static func write(
        _ monitor: MonitorReport,
        retiredAt time: Double?,
        to json: inout JSONWriter
    ) {
        json.object { json in
            if let time { json.member("retired_at", RFC3339.format(time)) }
            json.member("model", monitor.model)
            json.member("version", monitor.version)
            json.member("reference", monitor.reference)
            json.member("time", RFC3339.format(monitor.time))
            json.member(array: "windows", of: monitor.windows) { window, json in
                json.object { json in
                    json.member("window", window.window)
                    writeMembers(of: window, to: &json)
                }
            }
        }
    }

    /// Writes the members of a window's object but for its name.
    package static func writeMembers(of window: WindowReport, to json: inout JSONWriter) {
        json.member("rows", window.rows)
        json.member("from", window.from.map(RFC3339.format))
        json.member("to", window.to.map(RFC3339.format))
        json.member("verdict", window.verdict.rawValue)
        json.member(object: "features") { json in
            for feature in window.features {
                json.key(feature.name)
                write(feature, to: &json)
            }
        }
    }

    /// Writes a feature's object.
    static func write(_ feature: FeatureReport, to json: inout JSONWriter) {
        let statistics = feature.statistics
        json.object { json in
            json.member("kind", feature.kind.rawValue)
            json.member("verdict", feature.verdict.rawValue)
            for statistic in Statistic.allCases where statistic.applies(to: feature.kind) {
                json.member(statistic.rawValue, statistics[statistic])
            }
            json.member(object: "noise_floor") { json in
                for statistic in Statistic.allCases
                where statistic.hasNoiseFloor && statistic.applies(to: feature.kind) {
                    json.member(statistic.rawValue, statistics.noiseFloor(statistic))
                }
            }
            json.member(object: "threshold") { json in
                json.member(feature.threshold.statistic.rawValue, feature.threshold.value)
            }
            json.member(array: "bins", of: statistics.bins) { count, json in
                json.value(count)
            }
        }
    }
}
