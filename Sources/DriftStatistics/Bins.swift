// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Which cells each bin of a feature holds: bins are runs of cells.
///
/// A numeric feature's bins are (−∞, c₁], (c₁, c₂], …, (c_b, ∞) between its cut points, then the
/// missing bin; a categorical feature's bins are its cells.
struct Bins: Sendable, Equatable {
    /// The cell after each bin's last one, ascending; the last is the number of cells.
    let ends: [Int]

    /// How many cells there are.
    var cellCount: Int { ends.last ?? 0 }

    /// The rows in each bin.
    ///
    /// - Parameter counts: The rows in each cell.
    /// - Returns: Their sum in each bin.
    /// - Precondition: `cellCount` counts.
    /// - Complexity: O(cells), one array.
    func sums(of counts: Span<UInt64>) -> [UInt64] {
        precondition(counts.count == cellCount)
        var start = 0
        return ends.map { end in
            // Wrapping: these are rows, and nobody sends 2⁶⁴; it lets the loop be vectorised.
            var sum: UInt64 = 0
            for cell in start..<end { sum &+= counts[cell] }
            start = end
            return sum
        }
    }
}
