// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import DriftStatistics
import Hosting
import PredictionLog

/// What is watched, as JSON: the shape of `/api/v1/monitors`.
enum MonitorsJSON {
    static func write(_ monitors: [MonitorDescription], to json: inout JSONWriter) {
        json.object { json in
            json.member(array: "monitors", of: monitors) { monitor, json in
                write(monitor, to: &json)
            }
        }
    }

    private static func write(_ monitor: MonitorDescription, to json: inout JSONWriter) {
        json.object { json in
            json.member("model", monitor.model)
            json.member("version", monitor.version)
            json.member("reference", monitor.reference)
            json.member("reference_rows", monitor.rows)
            json.member("clock", monitor.clock.rawValue)
            json.member("min_rows", monitor.minimumRows)
            json.member(array: "windows", of: monitor.windows) { window, json in
                write(window, to: &json)
            }
            json.member(object: "features") { json in
                for feature in monitor.features {
                    json.key(feature.name)
                    write(feature, to: &json)
                }
            }
        }
    }

    private static func write(_ window: WindowDefinition, to json: inout JSONWriter) {
        json.object { json in
            json.member("window", window.name)
            switch window.extent {
            case .rows(let rows):
                json.member("rows", rows)
            case .panes(let count, let seconds):
                json.member("panes", count)
                json.member("pane_seconds", seconds)
            }
        }
    }

    private static func write(
        _ feature: MonitorDescription.Feature,
        to json: inout JSONWriter
    ) {
        json.object { json in
            json.member("kind", feature.kind.rawValue)
            switch feature.kind {
            case .numeric:
                json.member(array: "cut_points", of: feature.cutPoints) { point, json in
                    json.value(ofReference: point)
                }
            case .categorical:
                json.member(array: "categories", of: feature.categories) { category, json in
                    json.value(category)
                }
            }
            json.member(object: "threshold") { json in
                json.member(feature.threshold.statistic.rawValue, feature.threshold.value)
            }
            json.member(array: "reference_bins", of: feature.bins) { count, json in
                json.value(count)
            }
        }
    }
}

extension JSONWriter {
    /// Writes a number of a reference, where an infinity is a string.
    fileprivate mutating func value(ofReference number: Double) {
        if number.isFinite {
            value(number)
        } else {
            value(number > 0 ? "Infinity" : "-Infinity")
        }
    }
}
