// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import PredictionLog

/// The panes that are kept as NDJSON, a line a pane.
///
///     {"model":…,"version":…,"reference":"<digest>","layout":…,"panes":1,"number":…,"rows":…,
///      "cells":[[cell,count],…]}
///
/// `panes` is how many of the narrowest panes one takes, 0 for one that still takes rows; `number`
/// counts panes of its width. Cells are those of all features in the order of the reference, the
/// prediction last, ascending; cells without rows are left out.
package struct PaneExport: Sendable {
    /// Only this model.
    package var model: String?
    /// Only this version.
    package var version: String?

    /// All of them.
    package init() {}

    /// Writes the lines, a monitor at a time.
    ///
    /// - Throws: `JournalError.corrupt` when a pane is damaged; what `sink` throws is in `other`.
    package func write(
        _ reader: JournalReader,
        to sink: ([UInt8]) throws -> Void
    ) throws(JournalError) -> LedgerExport.Tally {
        var tally = LedgerExport.Tally()
        for monitor in try reader.monitors() where includes(monitor.key) {
            var json = JSONWriter()
            let panes: [StoredPane] = try reader.read { database in
                guard let row = try MonitorRow.find(monitor.key, database) else { return [] }
                return try PaneRow.all(of: row.id, cellCount: nil, database)
            }
            for pane in panes {
                line(of: pane, monitor, to: &json)
                tally.lines += 1
            }
            do { try sink(json.bytes) } catch { throw JournalError(error) }
        }
        return tally
    }

    private func includes(_ key: MonitorKey) -> Bool {
        (model == nil || model == key.model) && (version == nil || version == key.version)
    }

    private func line(of pane: StoredPane, _ monitor: KeptMonitor, to json: inout JSONWriter) {
        json.object { json in
            json.key("model")
            json.value(monitor.key.model)
            json.key("version")
            json.value(monitor.key.version)
            json.key("reference")
            json.value(monitor.key.digest)
            json.key("layout")
            json.value(monitor.layout)
            json.key("panes")
            json.value(pane.multiple)
            json.key("number")
            json.value(pane.number)
            json.key("rows")
            json.value(pane.rows)
            json.key("cells")
            json.array { json in
                for (cell, count) in pane.counts.countsByCell() {
                    json.array { json in
                        json.value(cell)
                        json.value(count)
                    }
                }
            }
        }
        json.newline()
    }
}
