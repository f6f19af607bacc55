// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting
import PredictionLog

/// Which references are in force, and which were, as JSON: the shape of `/api/v1/references`.
///
/// Times are RFC 3339 in UTC; `file` is the path of the reference's file, `null` for a promotion.
enum ReferencesJSON {
    /// Writes the history: those in force under `references`, in the order in which they came, those
    /// that were under `earlier`, the latest first.
    static func write(_ history: ReferenceHistory, to json: inout JSONWriter) {
        json.object { json in
            json.member(array: "references", of: history.inForce) { entry, json in
                json.object { json in
                    writeMembers(of: entry, to: &json)
                }
            }
            json.member(array: "earlier", of: history.earlier) { entry, json in
                json.object { json in
                    writeMembers(of: entry, to: &json)
                    json.member("until", entry.until.map(RFC3339.format))
                }
            }
        }
    }

    /// Writes what came of a promotion.
    static func write(_ promoted: ReferenceWatch.Promoted, to json: inout JSONWriter) {
        json.object { json in
            json.member("model", promoted.model)
            json.member("version", promoted.version)
            json.member("reference", promoted.digest)
            json.member("previous", promoted.previous)
            json.key("changed")
            json.value(promoted.previous != promoted.digest)
        }
    }

    private static func writeMembers(
        of entry: ReferenceHistory.Entry,
        to json: inout JSONWriter
    ) {
        json.member("model", entry.model)
        json.member("version", entry.version)
        json.member("reference", entry.digest)
        json.member("rows", entry.rows)
        json.member("features", entry.features)
        json.member("origin", entry.origin.path == nil ? "promotion" : "file")
        json.member("file", entry.origin.path)
        json.member("since", RFC3339.format(entry.since))
    }
}
