// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import Hosting
import Journal
import PredictionLog

/// What a journal holds, for people and for programs.
enum JournalPicture {
    /// The whole inspection as text.
    static func text(of inspection: JournalInspection) -> String {
        var text = """
            schema \(inspection.schemaVersion), \(inspection.fileBytes) bytes \
            (\(inspection.freeBytes) free), log \(inspection.logBytes) bytes

            """
        if let last = inspection.lastCommit {
            text += "commits: \(last.number), the last at \(RFC3339.format(last.time))\n"
        } else {
            text += "commits: none\n"
        }
        if inspection.refusedRows > 0 { text += "refused rows: \(inspection.refusedRows)\n" }
        text += "\nmonitors: \(inspection.monitors.count)\n" + monitors(inspection.monitors)
        text += "\nsessions: \(inspection.sessions.count)\n" + sessions(inspection.sessions)
        text += "\nledger: \(ledger(inspection.ledger))\n"
        text += "\ncoverage: \(inspection.coverage.count) quarters\n"
        return text + coverage(inspection.coverage)
    }

    private static func monitors(_ monitors: [KeptMonitor]) -> String {
        if monitors.isEmpty { return "" }
        var table = TextTable([
            ("model", .left), ("version", .left), ("reference", .left), ("rows", .right),
            ("panes", .right), ("batches", .right), ("bytes", .right), ("clock", .left),
            ("last record", .left), ("layout", .left),
        ])
        for monitor in monitors {
            table.add([
                monitor.key.model, monitor.key.version, String(monitor.key.digest.prefix(12)),
                "\(monitor.totalRows)", "\(monitor.panes)", "\(monitor.batches)",
                "\(monitor.bytes)", time(monitor.clock.time), time(monitor.lastRecord),
                monitor.layout,
            ])
        }
        return table.text
    }

    private static func sessions(_ sessions: [SessionProgress]) -> String {
        if sessions.isEmpty { return "" }
        var table = TextTable([
            ("producer", .left), ("session", .left), ("decided", .right), ("dropped", .right),
            ("last heard", .left),
        ])
        for session in sessions {
            table.add([
                session.producer, session.session, "\(session.decided)", "\(session.dropped)",
                time(session.lastHeard),
            ])
        }
        return table.text
    }

    private static func ledger(_ ledger: JournalInspection.Ledger) -> String {
        guard let quarters = ledger.quarters else { return "empty" }
        return """
            \(ledger.series) series, \(ledger.rows) rows, \(ledger.bytes) bytes, \
            \(start(of: quarters.lowerBound)) – \(start(of: quarters.upperBound))
            """
    }

    private static func coverage(_ coverage: [CoverageDelta]) -> String {
        if coverage.isEmpty { return "" }
        var table = TextTable([("quarter", .left), ("seconds", .right), ("dropped", .right)])
        for delta in coverage {
            table.add([
                start(of: delta.quarter), "\((delta.seconds * 10).rounded() / 10)",
                "\(delta.dropped)",
            ])
        }
        return table.text
    }

    private static func time(_ seconds: Double) -> String {
        seconds.isFinite ? RFC3339.format(seconds) : "-"
    }

    private static func start(of quarter: Int) -> String {
        RFC3339.format(Double(quarter) * Double(LedgerDelta.quarterSeconds))
    }
}

extension JournalPicture {
    /// The whole inspection as one JSON object and a newline; times are RFC 3339 or `null`.
    static func json(of inspection: JournalInspection) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("schema", inspection.schemaVersion)
            json.member("file_bytes", inspection.fileBytes)
            json.member("free_bytes", inspection.freeBytes)
            json.member("log_bytes", inspection.logBytes)
            json.member("commits", inspection.lastCommit?.number ?? 0)
            json.member("last_commit", inspection.lastCommit.flatMap { jsonTime($0.time) })
            json.member("refused_rows", inspection.refusedRows)
            json.member(array: "monitors", of: inspection.monitors, write)
            json.member(array: "sessions", of: inspection.sessions, write)
            json.member(object: "ledger") { json in
                json.member("series", inspection.ledger.series)
                json.member("rows", inspection.ledger.rows)
                json.member("bytes", inspection.ledger.bytes)
                json.member("from", inspection.ledger.quarters.map { start(of: $0.lowerBound) })
                json.member("to", inspection.ledger.quarters.map { start(of: $0.upperBound) })
            }
            json.member(array: "coverage", of: inspection.coverage) { delta, json in
                json.object { json in
                    json.member("quarter", start(of: delta.quarter))
                    json.member("seconds", delta.seconds)
                    json.member("dropped", delta.dropped)
                }
            }
        }
        json.newline()
        return json.bytes
    }

    private static func write(_ monitor: KeptMonitor, to json: inout JSONWriter) {
        json.object { json in
            json.member("model", monitor.key.model)
            json.member("version", monitor.key.version)
            json.member("reference", monitor.key.digest)
            json.member("layout", monitor.layout)
            json.member(object: "clock") { json in
                number("pane", monitor.clock.pane, to: &json)
                json.member("time", jsonTime(monitor.clock.time))
                number("mark", monitor.clock.mark, to: &json)
            }
            json.member("rows", monitor.totalRows)
            json.member("panes", monitor.panes)
            json.member("batches", monitor.batches)
            json.member("bytes", monitor.bytes)
            json.member("last_record", jsonTime(monitor.lastRecord))
        }
    }

    private static func write(_ session: SessionProgress, to json: inout JSONWriter) {
        json.object { json in
            json.member("session", session.session)
            json.member("producer", session.producer)
            json.member("decided", session.decided)
            json.member("dropped", session.dropped)
            json.member("last_heard", jsonTime(session.lastHeard))
        }
    }

    /// A pane's number; `null` before the first.
    private static func number(_ name: String, _ number: Int, to json: inout JSONWriter) {
        json.key(name)
        if number == .min { json.null() } else { json.value(number) }
    }

    private static func jsonTime(_ seconds: Double) -> String? {
        seconds.isFinite ? RFC3339.format(seconds) : nil
    }
}
