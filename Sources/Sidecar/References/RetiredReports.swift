// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftMonitor
package import Hosting
package import PredictionLog

/// The last reports of monitors that others have replaced: readable for a day, never on `/metrics`.
package struct RetiredReports: Sendable, Equatable {
    /// The last report of a monitor.
    package struct Entry: Sendable, Equatable {
        /// Which monitor it was.
        package let key: MonitorKey
        /// When it was replaced, in Unix seconds.
        package let time: Double
        /// The report as `/api/v1/report` shows it, with `retired_at`.
        package let json: String
    }

    /// For how long a report is readable, in seconds.
    package static let lifetime = 86_400.0
    /// The most reports; the oldest make room.
    package static let maximumCount = 64
    /// The most bytes of all reports; the oldest make room.
    package static let maximumBytes = 16 << 20

    /// The reports, in the order in which their monitors were replaced.
    package private(set) var entries: [Entry] = []

    /// Makes what there is before any monitor was replaced.
    package init() {}

    /// Takes in the last reports of monitors that were replaced, and what is in force now.
    ///
    /// What has become too old is dropped, and what is in force again.
    /// - Parameters:
    ///   - reports: The last reports of monitors that were replaced at `now`.
    ///   - isInForce: Whether a monitor's reference is in force.
    ///   - now: Unix seconds.
    package mutating func retire(
        _ reports: [MonitorReport],
        but isInForce: (MonitorKey) -> Bool,
        at now: Double
    ) {
        for report in reports {
            let key = MonitorKey(
                model: report.model,
                version: report.version,
                digest: report.reference
            )
            entries.removeAll { $0.key == key }
            var json = JSONWriter()
            ReportJSON.write(report, retiredAt: now, to: &json)
            entries.append(
                Entry(key: key, time: now, json: String(decoding: json.bytes, as: UTF8.self))
            )
        }
        entries.removeAll { isInForce($0.key) || !$0.isReadable(at: now) }
        var bytes = entries.reduce(0) { $0 + $1.json.utf8.count }
        while entries.count > Self.maximumCount || bytes > Self.maximumBytes {
            bytes -= entries.removeFirst().json.utf8.count
        }
    }

    /// Those that are readable, the latest first.
    package func readable(at now: Double) -> [Entry] {
        entries.filter { $0.isReadable(at: now) }.reversed()
    }
}

extension RetiredReports.Entry {
    fileprivate func isReadable(at now: Double) -> Bool {
        now - time < RetiredReports.lifetime
    }
}

/// The reports as a file:
///
///     {"format":1,"digest":"sha256:<64 digits>","retired":[
///     {"model":…,"version":…,"reference":…,"time":…,"report":"<the report's JSON>"}
///     ]}
extension RetiredReports: StateContent {
    package var members: [UInt8] {
        var lines = Array(#""retired":["#.utf8)
        for (index, entry) in entries.enumerated() {
            lines += index == 0 ? "\n".utf8 : ",\n".utf8
            var line = JSONWriter()
            line.object { line in
                line.member("model", entry.key.model)
                line.member("version", entry.key.version)
                line.member("reference", entry.key.digest)
                line.member("time", entry.time)
                line.member("report", entry.json)
            }
            lines += line.bytes
        }
        lines += "\n]}\n".utf8
        return lines
    }

    package mutating func read(
        _ key: String,
        _ cursor: inout JSONCursor
    ) throws(StateContentError) {
        guard key == "retired" else { throw .content("unknown key \(key)") }
        try cursor.eachElement { cursor throws(StateContentError) in
            var texts: [String: String] = [:]
            var time: Double?
            try cursor.eachMember { cursor, key throws(StateContentError) in
                switch key {
                case "model", "version", "reference", "report":
                    texts[key] = try cursor.textValue()
                case "time": time = try cursor.numberValue()
                default: throw .content("unknown key \(key)")
                }
            }
            guard let model = texts["model"], let version = texts["version"],
                let digest = texts["reference"], let report = texts["report"], let time
            else { throw .content("a report without one of its members") }
            let key = MonitorKey(model: model, version: version, digest: digest)
            entries.append(Entry(key: key, time: time, json: report))
        }
    }
}
