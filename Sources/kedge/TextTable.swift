// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting

/// Columns of text, each as wide as its widest cell.
struct TextTable {
    /// Where the cells of a column stand.
    enum Alignment {
        case left
        case right
    }

    private let alignments: [Alignment]
    private var rows: [[String]]

    /// - Parameter columns: The titles of the columns and how their cells stand.
    init(_ columns: [(title: String, alignment: Alignment)]) {
        alignments = columns.map(\.alignment)
        rows = [columns.map(\.title)]
    }

    /// Cells are cut to so many bytes.
    private static let cellBytes = 160

    /// Adds a row; it has as many cells as there are columns.
    ///
    /// Whatever a terminal would obey is shown as a picture: names come from elsewhere.
    mutating func add(_ cells: [String]) {
        rows.append(cells.map { MessageName.clean($0, limit: Self.cellBytes) })
    }

    /// The table, a line a row, two blanks between columns and none at the ends of lines.
    var text: String {
        let widths = alignments.indices.map { column in
            rows.map { $0[column].count }.max() ?? 0
        }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return alignments[column] == .left ? cell + padding : padding + cell
            }
            let line = cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
        }.joined()
    }
}
