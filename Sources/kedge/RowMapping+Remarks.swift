// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog
import Sidecar

extension RowMapping {
    /// A line for the features that the table lacks and one for the columns left out; empty when
    /// table and reference agree.
    ///
    /// - Parameters:
    ///   - columns: The table's columns.
    ///   - needsTime: Whether the event time is used, so that its absence is worth a line.
    /// - Returns: Whole lines.
    func remarks(on columns: [TableColumn], needsTime: Bool) -> String {
        var text = ""
        if needsTime, !hasTime(among: columns) {
            text += "warning: no column \(time), which --time names: no row has an event time\n"
        }
        let missing = missingFeatures(among: columns)
        if !missing.isEmpty {
            text +=
                "warning: no column for \(missing.joined(separator: ", ")): missing in every row\n"
        }
        let unknown = unknownColumns(among: columns)
        if !unknown.isEmpty {
            text += "not in the reference, left out: \(unknown.joined(separator: ", "))\n"
        }
        return text
    }
}
