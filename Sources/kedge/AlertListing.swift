// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// What `/api/v1/alerts` answers, as far as `kedge alerts list` shows it.
struct AlertListing {
    private struct Row {
        var labels: [String: String] = [:]
        var summary = ""
        var state = ""
        var since = ""
        var isHeld = false
        var isSilenced = false

        subscript(label: String) -> String { labels[label] ?? "" }

        /// What fires before what may, then the gravest, then the oldest.
        var rank: (Int, Int, String) {
            let severities = ["critical", "warning", "info"]
            return (
                state == "firing" ? 0 : 1, severities.firstIndex(of: self["severity"]) ?? 3, since
            )
        }
    }

    private let rows: [Row]

    /// Reads an answer; keys that are not shown are skipped.
    init(decoding body: [UInt8]) throws(ScanFault) {
        rows = try JSONCursor.read(body.span) { cursor throws(ScanFault) in
            var rows: [Row] = []
            try cursor.beginObject()
            while let key = try cursor.nextKey() {
                guard key == "data" else {
                    try cursor.skipValue()
                    continue
                }
                try cursor.beginObject()
                while let key = try cursor.nextKey() {
                    guard key == "alerts" else {
                        try cursor.skipValue()
                        continue
                    }
                    try cursor.beginArray()
                    while try cursor.nextElement() { rows.append(try Self.row(&cursor)) }
                }
            }
            return rows
        }
    }

    /// The alerts as a table, the gravest and then the oldest first.
    var text: String {
        if rows.isEmpty { return "no alerts\n" }
        var table = TextTable([
            ("state", .left), ("severity", .left), ("alert", .left), ("model", .left),
            ("version", .left), ("since", .left), ("summary", .left),
        ])
        for row in rows.sorted(by: { $0.rank < $1.rank }) {
            let marks = [row.isHeld ? "held" : "", row.isSilenced ? "silenced" : ""]
            table.add([
                ([row.state] + marks).filter { !$0.isEmpty }.joined(separator: ", "),
                row["severity"], row["alertname"], row["model"], row["model_version"], row.since,
                row.summary,
            ])
        }
        return table.text
    }

    private static func row(_ cursor: inout JSONCursor) throws(ScanFault) -> Row {
        var row = Row()
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            switch key {
            case "labels": row.labels = try texts(&cursor)
            case "annotations": row.summary = try texts(&cursor)["summary"] ?? ""
            case "state": row.state = try cursor.string()
            case "activeAt": row.since = try cursor.string()
            case "held": row.isHeld = try cursor.boolean()
            case "silencedBy":
                try cursor.beginArray()
                while try cursor.nextElement() {
                    row.isSilenced = true
                    try cursor.skipValue()
                }
            default: try cursor.skipValue()
            }
        }
        return row
    }

    private static func texts(_ cursor: inout JSONCursor) throws(ScanFault) -> [String: String] {
        var texts: [String: String] = [:]
        try cursor.beginObject()
        while let key = try cursor.nextKey() { texts[key] = try cursor.string() }
        return texts
    }
}

/// What `/api/v1/silences` answers, as far as `kedge alerts silences` shows it.
struct SilenceListing {
    private struct Row {
        var id = ""
        var state = ""
        var matchers: [String] = []
        var endsAt = ""
        var createdBy = ""
        var comment = ""
    }

    private let rows: [Row]

    /// Reads an answer; keys that are not shown are skipped.
    init(decoding body: [UInt8]) throws(ScanFault) {
        rows = try JSONCursor.read(body.span) { cursor throws(ScanFault) in
            var rows: [Row] = []
            try cursor.beginArray()
            while try cursor.nextElement() { rows.append(try Self.row(&cursor)) }
            return rows
        }
    }

    /// The silences as a table.
    var text: String {
        if rows.isEmpty { return "no silences\n" }
        var table = TextTable([
            ("id", .left), ("state", .left), ("matches", .left), ("until", .left), ("by", .left),
            ("reason", .left),
        ])
        for row in rows {
            table.add([
                row.id, row.state, row.matchers.joined(separator: " "), row.endsAt, row.createdBy,
                row.comment,
            ])
        }
        return table.text
    }

    private static func row(_ cursor: inout JSONCursor) throws(ScanFault) -> Row {
        var row = Row()
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            switch key {
            case "id": row.id = try cursor.string()
            case "status":
                try cursor.beginObject()
                while let key = try cursor.nextKey() {
                    if key == "state" {
                        row.state = try cursor.string()
                    } else {
                        try cursor.skipValue()
                    }
                }
            case "endsAt": row.endsAt = try cursor.string()
            case "createdBy": row.createdBy = try cursor.string()
            case "comment": row.comment = try cursor.string()
            case "matchers":
                try cursor.beginArray()
                while try cursor.nextElement() { row.matchers.append(try matcher(&cursor)) }
            default: try cursor.skipValue()
            }
        }
        return row
    }

    private static func matcher(_ cursor: inout JSONCursor) throws(ScanFault) -> String {
        var (name, value, isEqual) = ("", "", true)
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            switch key {
            case "name": name = try cursor.string()
            case "value": value = try cursor.string()
            case "isEqual": isEqual = try cursor.boolean()
            default: try cursor.skipValue()
            }
        }
        return "\(name)\(isEqual ? "=" : "!=")\(value)"
    }
}

/// What came of a sample, as `/api/v1/receivers/test` answers.
struct ReceiverTestResult {
    private var receiver = ""
    private var outcome = ""
    private var status: Int?
    private var answer: String?
    private var reason: String?

    /// Reads an answer.
    init(decoding body: [UInt8]) throws(ScanFault) {
        var result = ReceiverTestResult()
        try JSONCursor.read(body.span) { cursor throws(ScanFault) in
            try cursor.beginObject()
            while let key = try cursor.nextKey() {
                switch key {
                case "receiver": result.receiver = try cursor.string()
                case "outcome": result.outcome = try cursor.string()
                case "status" where try !cursor.null(): result.status = try cursor.integer()
                case "answer" where try !cursor.null(): result.answer = try cursor.string()
                case "reason" where try !cursor.null(): result.reason = try cursor.string()
                case "status", "answer", "reason": break
                default: try cursor.skipValue()
                }
            }
        }
        self = result
    }

    private init() {}

    /// Whether the receiver has it.
    var isDelivered: Bool { outcome == "delivered" }

    /// What came of it, in a few lines.
    var text: String {
        var text = "\(receiver): \(outcome)\n"
        if let status { text += "status: \(status)\nanswer: \(answer ?? "")\n" }
        if let reason { text += "reason: \(reason)\n" }
        return text
    }
}
