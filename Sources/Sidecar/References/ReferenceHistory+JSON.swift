// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Hosting
package import PredictionLog

/// The history as a file:
///
///     {"format":1,"digest":"sha256:<64 digits>","references":[
///     {"model":…,"version":…,"reference":…,"rows":…,"features":…,"file":…,"promoted_at":…,
///     "since":…,"until":…}
///     ]}
///
/// Times are Unix seconds; of `file` and `promoted_at` one is `null`.
extension ReferenceHistory: StateContent {
    package var members: [UInt8] {
        var lines = Array(#""references":["#.utf8)
        for (index, entry) in entries.enumerated() {
            lines += index == 0 ? "\n".utf8 : ",\n".utf8
            var line = JSONWriter()
            line.object { $0.write(entry) }
            lines += line.bytes
        }
        lines += "\n]}\n".utf8
        return lines
    }

    package mutating func read(
        _ key: String,
        _ cursor: inout JSONCursor
    ) throws(StateContentError) {
        guard key == "references" else { throw .content("unknown key \(key)") }
        try cursor.eachElement { cursor throws(StateContentError) in
            entries.append(try cursor.entry())
        }
    }
}

extension JSONWriter {
    fileprivate mutating func write(_ entry: ReferenceHistory.Entry) {
        member("model", entry.model)
        member("version", entry.version)
        member("reference", entry.digest)
        member("rows", entry.rows)
        member("features", entry.features)
        switch entry.origin {
        case .file(let path):
            member("file", path)
            member("promoted_at", nil as Double?)
        case .promotion(let time):
            member("file", nil as String?)
            member("promoted_at", time)
        }
        member("since", entry.since)
        member("until", entry.until)
    }
}

extension JSONCursor {
    fileprivate mutating func entry() throws(StateContentError) -> ReferenceHistory.Entry {
        var texts: [String: String] = [:]
        var numbers: [String: Double] = [:]
        var counts: [String: Int] = [:]
        try eachMember { cursor, key throws(StateContentError) in
            let isNull = try cursor.attempt { cursor throws(ScanFault) in try cursor.null() }
            if isNull { return }
            switch key {
            case "model", "version", "reference", "file": texts[key] = try cursor.textValue()
            case "rows", "features": counts[key] = try cursor.integerValue()
            case "promoted_at", "since", "until": numbers[key] = try cursor.numberValue()
            default: throw .content("unknown key \(key)")
            }
        }
        let origin: ReferenceOrigin? =
            texts["file"].map { .file(path: $0) }
            ?? numbers["promoted_at"].map { .promotion(time: $0) }
        guard let model = texts["model"], let version = texts["version"],
            let digest = texts["reference"], let rows = counts["rows"],
            let features = counts["features"], let origin, let since = numbers["since"]
        else { throw .content("a reference without one of its members") }
        return ReferenceHistory.Entry(
            model: model,
            version: version,
            digest: digest,
            rows: rows,
            features: features,
            origin: origin,
            since: since,
            until: numbers["until"]
        )
    }
}
