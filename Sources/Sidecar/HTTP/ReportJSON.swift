// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftMonitor
import DriftStatistics
package import PredictionLog

/// A report as JSON, the shape of `/api/v1/report`; `kedge report` writes features the same way.
///
/// Statistics stand under their metric names, `null` where undefined, and appear while `learning`
/// too: the verdict says so. Times are RFC 3339 in UTC.
package enum ReportJSON {
    /// Writes the whole report.
    static func write(_ report: Report, to json: inout JSONWriter) {
        json.object { json in
            json.key("time")
            json.value(RFC3339.format(report.time))
            json.key("monitors")
            json.array { json in
                for monitor in report.monitors { write(monitor, to: &json) }
            }
        }
    }

    private static func write(_ monitor: MonitorReport, to json: inout JSONWriter) {
        json.object { json in
            json.key("model")
            json.value(monitor.model)
            json.key("version")
            json.value(monitor.version)
            json.key("reference")
            json.value(monitor.reference)
            json.key("time")
            json.value(RFC3339.format(monitor.time))
            json.key("windows")
            json.array { json in
                for window in monitor.windows {
                    json.object { json in
                        json.key("window")
                        json.value(window.window)
                        writeMembers(of: window, to: &json)
                    }
                }
            }
        }
    }

    /// Writes the members of a window's object but for its name.
    package static func writeMembers(of window: WindowReport, to json: inout JSONWriter) {
        json.key("rows")
        json.value(window.rows)
        json.key("from")
        json.value(window.from.map(RFC3339.format))
        json.key("to")
        json.value(window.to.map(RFC3339.format))
        json.key("verdict")
        json.value(window.verdict.rawValue)
        json.key("features")
        json.object { json in
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
            json.key("kind")
            json.value(feature.kind.rawValue)
            json.key("verdict")
            json.value(feature.verdict.rawValue)
            for statistic in Statistic.allCases where statistic.applies(to: feature.kind) {
                json.key(statistic.rawValue)
                json.value(statistics[statistic])
            }
            json.key("noise_floor")
            json.object { json in
                for statistic in Statistic.allCases
                where statistic.hasNoiseFloor && statistic.applies(to: feature.kind) {
                    json.key(statistic.rawValue)
                    json.value(statistics.noiseFloor(statistic))
                }
            }
            json.key("threshold")
            json.object { json in
                json.key(feature.threshold.statistic.rawValue)
                json.value(feature.threshold.value)
            }
            json.key("bins")
            json.array { json in
                for count in statistics.bins { json.value(count) }
            }
        }
    }
}
