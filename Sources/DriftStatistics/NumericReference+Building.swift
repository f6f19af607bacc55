// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

extension NumericReference {
    /// Builds a reference from a column.
    ///
    /// The knots are the least and the greatest value, the cut points of the bins and the order
    /// statistics at ranks ⌈j·n/r⌉, j = 1 … r, of the n values that are not missing, duplicates
    /// dropped; or every distinct value. The order of the column does not matter: the same values
    /// make the same reference.
    ///
    /// - Parameters:
    ///   - values: The column; NaN is missing, -0.0 is 0.0, infinities are values.
    ///   - resolution: r, at least 1, or `exact`.
    /// - Throws: `tooManyDistinctValues` or `tooManyKnots` over 32,767, `resolution` below 1.
    /// - Complexity: O(n · log(n)).
    package init(
        _ values: [Double],
        resolution: Resolution = .standard
    ) throws(ReferenceError) {
        let sorted = values.filter { !$0.isNaN }.sorted()
        let distinct = Self.withoutDuplicates(sorted)
        let knots: [Double]
        switch resolution {
        case .exact:
            guard distinct.count <= Self.maximumKnots else {
                throw .tooManyDistinctValues(found: distinct.count, limit: Self.maximumKnots)
            }
            knots = distinct
        case .knots(let shares):
            guard shares >= 1 else { throw .resolution(shares) }
            let ranks = Self.knotRanks(of: sorted.count, shares: shares)
            knots = Self.withoutDuplicates(ranks.map { sorted[$0 - 1] }.sorted())
        }
        try self.init(
            knots: knots,
            cellCounts: Self.cellCounts(of: sorted, knots: knots),
            missing: UInt64(values.count - sorted.count),
            resolution: resolution,
            distinct: distinct.count
        )
    }

    /// The ranks, from 1, of the order statistics that are knots, in no order.
    private static func knotRanks(of rows: Int, shares: Int) -> [Int] {
        guard rows > 0 else { return [] }
        // As many shares as rows already reach every rank, and more would only overflow.
        let shares = min(shares, rows)
        let quantiles = (1...shares).map { share in (share * rows + shares - 1) / shares }
        return [1, rows] + binRanks(of: UInt64(rows)).map { Int($0) } + quantiles
    }

    /// The values of a sorted array, each once.
    private static func withoutDuplicates(_ sorted: [Double]) -> [Double] {
        var distinct: [Double] = []
        for value in sorted where value != distinct.last { distinct.append(value) }
        return distinct
    }

    /// The rows of a sorted column in each cell.
    private static func cellCounts(of sorted: [Double], knots: [Double]) -> [UInt64] {
        var counts = [UInt64](repeating: 0, count: 2 * knots.count + 1)
        var knot = 0
        for value in sorted {
            // The greatest value is a knot, so the search ends at it.
            while knots[knot] < value { knot += 1 }
            counts[2 * knot + (knots[knot] == value ? 1 : 0)] += 1
        }
        return counts
    }
}
