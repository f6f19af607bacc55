// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftStatistics
package import Hosting
package import PredictionLog

/// The first rows of a table to be replayed, read ahead to tell the kinds of its columns.
package struct ReplayHead: Sendable {
    /// How many rows are looked at.
    package static let rows = 1_000

    /// The rows read, in order; there may be a few more than were needed.
    package let rows: [TableRow]

    /// Reads the first rows.
    package init(of source: inout TableSource) throws(TableSourceError) {
        var rows: [TableRow] = []
        while rows.count < Self.rows, let next = try source.next() { rows += next }
        self.rows = rows
    }

    /// The kinds of the columns: numeric where every cell looked at is missing, a number or a
    /// boolean.
    package func kinds(columns: [TableColumn]) -> [String: FeatureKind] {
        var kinds: [String: FeatureKind] = [:]
        for (index, column) in columns.enumerated() {
            kinds[column.name] = FeatureKind(inferredFrom: rows.prefix(Self.rows).map { $0[index] })
        }
        return kinds
    }
}
