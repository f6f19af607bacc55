// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import DriftStatistics
import PredictionLog

/// What is watched, as JSON: the shape of `/api/v1/monitors`.
enum MonitorsJSON {
    static func write(_ monitors: [MonitorDescription], to json: inout JSONWriter) {
        json.object { json in
            json.key("monitors")
            json.array { json in
                for monitor in monitors { write(monitor, to: &json) }
            }
        }
    }

    private static func write(_ monitor: MonitorDescription, to json: inout JSONWriter) {
        json.object { json in
            json.key("model")
            json.value(monitor.model)
            json.key("version")
            json.value(monitor.version)
            json.key("reference")
            json.value(monitor.reference)
            json.key("reference_rows")
            json.value(monitor.rows)
            json.key("clock")
            json.value(monitor.clock.rawValue)
            json.key("min_rows")
            json.value(monitor.minimumRows)
            json.key("windows")
            json.array { json in
                for window in monitor.windows { write(window, to: &json) }
            }
            json.key("features")
            json.object { json in
                for feature in monitor.features {
                    json.key(feature.name)
                    write(feature, to: &json)
                }
            }
        }
    }

    private static func write(_ window: WindowDefinition, to json: inout JSONWriter) {
        json.object { json in
            json.key("window")
            json.value(window.name)
            switch window.extent {
            case .rows(let rows):
                json.key("rows")
                json.value(rows)
            case .panes(let count, let seconds):
                json.key("panes")
                json.value(count)
                json.key("pane_seconds")
                json.value(seconds)
            }
        }
    }

    private static func write(
        _ feature: MonitorDescription.Feature,
        to json: inout JSONWriter
    ) {
        json.object { json in
            json.key("kind")
            json.value(feature.kind.rawValue)
            switch feature.kind {
            case .numeric:
                json.key("cut_points")
                json.array { json in
                    for point in feature.cutPoints { json.value(finite: point) }
                }
            case .categorical:
                json.key("categories")
                json.array { json in
                    for category in feature.categories { json.value(category) }
                }
            }
            json.key("threshold")
            json.object { json in
                json.key(feature.threshold.statistic.rawValue)
                json.value(feature.threshold.value)
            }
            json.key("reference_bins")
            json.array { json in
                for count in feature.bins { json.value(count) }
            }
        }
    }
}

extension JSONWriter {
    /// Writes a number of a reference, where an infinity is a string.
    fileprivate mutating func value(finite number: Double) {
        if number.isFinite {
            value(number)
        } else {
            value(number > 0 ? "Infinity" : "-Infinity")
        }
    }

    /// Writes `{"status":…}`.
    mutating func status(_ status: String) {
        object { json in
            json.key("status")
            json.value(status)
        }
    }
}
