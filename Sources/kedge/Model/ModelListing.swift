// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// What `/api/v1/models` answers, as far as `kedge model list` shows it.
struct ModelListing {
    private struct Row {
        var model = ""
        var version = ""
        var isDefault = false
        var state = ""
        var detail = ""
    }

    private var rows: [Row] = []

    /// Reads an answer; keys that are not shown are skipped.
    init(decoding body: [UInt8]) throws(ScanFault) {
        rows = try JSONCursor.read(body.span) { cursor throws(ScanFault) in
            var rows: [Row] = []
            try cursor.beginObject()
            while let key = try cursor.nextKey() {
                guard key == "models" else {
                    try cursor.skipValue()
                    continue
                }
                try cursor.beginArray()
                while try cursor.nextElement() { rows += try Self.rows(ofModel: &cursor) }
            }
            try cursor.end()
            return rows
        }
    }

    /// The versions as a table, the default of each model marked.
    var text: String {
        var table = TextTable([
            ("model", .left), ("version", .right), ("default", .left), ("state", .left),
            ("digest or reason", .left),
        ])
        for row in rows {
            table.add([row.model, row.version, row.isDefault ? "yes" : "", row.state, row.detail])
        }
        return table.text
    }

    private static func rows(ofModel cursor: inout JSONCursor) throws(ScanFault) -> [Row] {
        var name = ""
        var defaultVersion: String?
        var rows: [Row] = []
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            switch key {
            case "name": name = try cursor.string()
            case "default": defaultVersion = try text(&cursor)
            case "versions":
                try cursor.beginArray()
                while try cursor.nextElement() { rows.append(try row(ofVersion: &cursor)) }
            default: try cursor.skipValue()
            }
        }
        return rows.map { row in
            var row = row
            row.model = name
            row.isDefault = row.version == defaultVersion && row.state == "ready"
            return row
        }
    }

    private static func row(ofVersion cursor: inout JSONCursor) throws(ScanFault) -> Row {
        var row = Row()
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            switch key {
            case "version": row.version = try text(&cursor) ?? ""
            case "state": row.state = try text(&cursor) ?? ""
            case "digest", "reason": row.detail = try text(&cursor) ?? ""
            default: try cursor.skipValue()
            }
        }
        return row
    }

    private static func text(_ cursor: inout JSONCursor) throws(ScanFault) -> String? {
        try cursor.null() ? nil : try cursor.string()
    }
}
