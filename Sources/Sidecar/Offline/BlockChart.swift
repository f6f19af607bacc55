// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Small charts from Unicode's block elements.
package enum BlockChart {
    private static let columns: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    private static let bars: [Character] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"]

    /// A row of columns, the highest value a full one; a value of 0 or less is a blank.
    package static func columns(_ heights: [Double]) -> String {
        let highest = heights.max() ?? 0
        return String(
            heights.map { height -> Character in
                guard height > 0, highest > 0 else { return " " }
                let eighths = (height / highest * 8).rounded(.up)
                return columns[min(max(Int(eighths), 1), 8) - 1]
            }
        )
    }

    /// A bar as long as `share` of the width, to an eighth of a character; never longer.
    package static func bar(_ share: Double, width: Int) -> String {
        let eighths = Int((min(max(share, 0), 1) * Double(width * 8)).rounded())
        let whole = String(repeating: "█", count: eighths / 8)
        return eighths % 8 == 0 ? whole : whole + String(bars[eighths % 8 - 1])
    }

    /// The density of binned values over columns of equal width.
    ///
    /// Each bin's count is spread evenly over its own width, so that bins of equal counts, which
    /// is how references cut their features, show where values are dense.
    ///
    /// - Parameters:
    ///   - counts: The counts of the bins, in order.
    ///   - edges: The bins' edges, ascending, one more than there are bins; equal edges make a
    ///     bin of no width, which falls into one column.
    ///   - columns: How many columns to make, > 0.
    /// - Returns: The mass of each column; zeros when the edges do not span a finite width.
    /// - Complexity: O(bins + columns).
    package static func density(counts: [UInt64], edges: [Double], columns: Int) -> [Double] {
        var masses = [Double](repeating: 0, count: columns)
        guard edges.count == counts.count + 1, let low = edges.first, let high = edges.last,
            (high - low).isFinite, high > low
        else { return masses }
        let scale = Double(columns) / (high - low)
        for (index, count) in counts.enumerated() {
            let start = (edges[index] - low) * scale
            let end = (edges[index + 1] - low) * scale
            let first = min(Int(start), columns - 1)
            let last = min(Int(end), columns - 1)
            for column in first...max(first, last) {
                let overlap = min(end, Double(column + 1)) - max(start, Double(column))
                let share = end > start ? max(overlap, 0) / (end - start) : 1
                masses[column] += Double(count) * share
            }
        }
        return masses
    }
}
