// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// What `/api/v1/references` answers, as far as `kedge reference list` shows it.
struct ReferenceListing {
    private struct Row {
        var model = ""
        var version = ""
        var digest = ""
        var rows = ""
        var features = ""
        var since = ""
        var until = ""
        var origin = ""
    }

    private var rows: [Row] = []

    /// Reads an answer; keys that are not shown are skipped.
    init(decoding body: [UInt8]) throws(ScanFault) {
        rows = try JSONCursor.read(body.span) { cursor throws(ScanFault) in
            var rows: [Row] = []
            try cursor.beginObject()
            while let key = try cursor.nextKey() {
                guard key == "references" || key == "earlier" else {
                    try cursor.skipValue()
                    continue
                }
                try cursor.beginArray()
                while try cursor.nextElement() { rows.append(try Self.row(&cursor)) }
            }
            try cursor.end()
            return rows
        }
    }

    /// The references as a table: those in force, then those before, the latest first.
    var text: String {
        var table = TextTable([
            ("model", .left), ("version", .left), ("reference", .left), ("rows", .right),
            ("features", .right), ("since", .left), ("until", .left), ("from", .left),
        ])
        for row in rows {
            table.add([
                row.model, row.version, row.digest, row.rows, row.features, row.since,
                row.until.isEmpty ? "in force" : row.until, row.origin,
            ])
        }
        return table.text
    }

    private static func row(_ cursor: inout JSONCursor) throws(ScanFault) -> Row {
        var row = Row()
        var file: String?
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            switch key {
            case "model": row.model = try cursor.string()
            case "version": row.version = try cursor.string()
            // Enough of it to tell references apart.
            case "reference": row.digest = String(try cursor.string().prefix(19))
            case "rows": row.rows = String(try cursor.integer())
            case "features": row.features = String(try cursor.integer())
            case "since": row.since = try cursor.string()
            case "until": row.until = try text(&cursor) ?? ""
            case "origin": row.origin = try cursor.string()
            case "file": file = try text(&cursor)
            default: try cursor.skipValue()
            }
        }
        row.origin = file ?? row.origin
        return row
    }

    private static func text(_ cursor: inout JSONCursor) throws(ScanFault) -> String? {
        try cursor.null() ? nil : try cursor.string()
    }
}
