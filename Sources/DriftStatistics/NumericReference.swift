// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// How finely a numeric feature's reference is kept.
package enum Resolution: Sendable, Equatable {
    /// Every distinct value is a knot.
    case exact
    /// So many equal shares of the reference's rows, at least 1, have a knot between them.
    case knots(Int)

    /// What is used unless something else is asked for.
    package static let standard = Resolution.knots(1_024)
}

/// A numeric feature's reference distribution: its rows, counted at and between knots.
///
/// The knots v₀ < … < v₍k₋₁₎ are values of the reference, its least and its greatest among them.
/// They cut the line into 2k + 1 *cells*:
///
///     cell 2i       below knot i, and above knot i − 1 if there is one
///     cell 2i + 1   equal to knot i
///     cell 2k       above the last knot
///     cell 2k + 1   missing
///
/// A reference that is missing in every row has no knots: cell 0 is any value, cell 1 is missing.
package struct NumericReference: Sendable, Equatable {
    /// The most knots whose cells, the missing one included, 16 bits can number.
    package static let maximumKnots = 32_767

    /// The values that cells lie at and between: ascending, distinct, never NaN nor -0.0.
    ///
    /// Infinities are values like others.
    package let knots: [Double]
    /// The reference's rows in each of the 2k + 1 cells of values.
    ///
    /// There are none below the first and above the last knot, and at least one at each knot.
    package let cellCounts: [UInt64]
    /// The reference's rows without a value.
    package let missing: UInt64
    /// How finely the reference was built.
    package let resolution: Resolution
    /// How many distinct values the reference's rows have.
    package let distinct: Int

    /// The reference's rows with a value.
    package let present: UInt64
    /// The borders between the bins, each of them a knot; ascending, at most 19.
    ///
    /// The order statistics at ranks ⌈j·n/20⌉, j = 1 … 19, of the n present rows, duplicates
    /// dropped. None without present rows.
    package let cutPoints: [Double]
    /// How far the KS statistic on cells may lie below the one on values, in [0, 1).
    ///
    /// The largest share of the present rows strictly between two knots: 0 for `exact`.
    package let errorBound: Double
    /// Which cells each bin holds.
    let bins: Bins

    /// The least value of the reference; nil if it has none.
    package var minimum: Double? { knots.first }

    /// The greatest value of the reference; nil if it has none.
    package var maximum: Double? { knots.last }
    /// From the least to the greatest value; nil without values.
    package var range: ClosedRange<Double>? {
        guard let minimum, let maximum else { return nil }
        return minimum...maximum
    }

    /// Puts a reference together from parts that nobody vouches for.
    ///
    /// - Parameters:
    ///   - knots: Ascending and distinct, at most 32,767; -0.0 becomes 0.0.
    ///   - cellCounts: The rows in each of the 2k + 1 cells of values.
    ///   - missing: The rows without a value.
    ///   - resolution: How finely it was built; `exact` allows no rows between knots.
    ///   - distinct: How many distinct values the rows have.
    /// - Throws: The first fault found: a knot out of order or not of the reference, counts of the
    ///   wrong length or of more than 2⁵³ rows, a cut point between knots, an impossible `distinct`.
    /// - Complexity: O(k).
    package init(
        knots: [Double],
        cellCounts: [UInt64],
        missing: UInt64,
        resolution: Resolution,
        distinct: Int
    ) throws(ReferenceError) {
        try Self.check(knots, resolution)
        try Self.check(cellCounts, knots: knots.count)
        let present = try sum(ofRows: cellCounts)
        _ = try sum(ofRows: [present, missing])
        try Self.check(cellCounts, resolution, distinct: distinct)

        // A sum with 0.0 turns -0.0 into 0.0 and leaves every other value as it is.
        let knots = knots.map { $0 + 0.0 }
        self.knots = knots
        self.cellCounts = cellCounts
        self.missing = missing
        self.resolution = resolution
        self.distinct = distinct
        self.present = present
        let cuts = try Self.cutKnots(cellCounts, present: present)
        cutPoints = cuts.map { knots[$0] }
        let lastCell = cellCounts.count
        bins = Bins(ends: cuts.map { 2 * $0 + 2 } + [lastCell, lastCell + 1])
        let gaps = stride(from: 0, to: cellCounts.count, by: 2).map { cellCounts[$0] }
        errorBound = present == 0 ? 0 : Double(gaps.max() ?? 0) / Double(present)
    }

    /// Which knots are cut points, ascending.
    private static func cutKnots(
        _ cellCounts: [UInt64],
        present: UInt64
    ) throws(ReferenceError) -> [Int] {
        var cuts: [Int] = []
        var cell = 0
        var below: UInt64 = 0
        for rank in binRanks(of: present) {
            while below + cellCounts[cell] < rank {
                below += cellCounts[cell]
                cell += 1
            }
            guard !cell.isMultiple(of: 2) else { throw .cutPointBetweenKnots(rank: rank) }
            if cuts.last != cell / 2 { cuts.append(cell / 2) }
        }
        return cuts
    }

    private static func check(_ knots: [Double], _ resolution: Resolution) throws(ReferenceError) {
        if case .knots(let count) = resolution, count < 1 { throw .resolution(count) }
        guard knots.count <= maximumKnots else {
            throw .tooManyKnots(found: knots.count, limit: maximumKnots)
        }
        for index in knots.indices {
            if knots[index].isNaN { throw .knotIsNaN(index: index) }
            if index > 0, knots[index] <= knots[index - 1] {
                throw .knotsNotAscending(index: index)
            }
        }
    }

    private static func check(_ cellCounts: [UInt64], knots: Int) throws(ReferenceError) {
        guard cellCounts.count == 2 * knots + 1 else {
            throw .cellCounts(found: cellCounts.count, expected: 2 * knots + 1)
        }
        for knot in 0..<knots where cellCounts[2 * knot + 1] == 0 {
            throw .noRowsAtKnot(index: knot)
        }
        for outside in [cellCounts[0], cellCounts[2 * knots]] where outside > 0 {
            throw .rowsOutsideKnots(outside)
        }
    }

    /// Every knot is a distinct value, and of the rows in a gap at least one and at most each is.
    private static func check(
        _ cellCounts: [UInt64],
        _ resolution: Resolution,
        distinct: Int
    ) throws(ReferenceError) {
        let gaps = stride(from: 0, to: cellCounts.count, by: 2).map { cellCounts[$0] }
        let between = gaps.reduce(0, +)
        if resolution == .exact, between > 0 { throw .rowsBetweenExactKnots(between) }
        let knots = UInt64(cellCounts.count / 2)
        let least = knots + UInt64(gaps.count { $0 > 0 })
        guard distinct >= 0, (least...knots + between).contains(UInt64(distinct)) else {
            throw .distinctValues(found: distinct, least: least, most: knots + between)
        }
    }
}

/// The ranks, from 1, of the order statistics that are cut points: ⌈j·n/20⌉, j = 1 … 19.
///
/// - Parameter rows: n, at most 2⁵³, so that no product overflows.
/// - Returns: The ranks, ascending; none without rows.
func binRanks(of rows: UInt64) -> [UInt64] {
    guard rows > 0 else { return [] }
    return (1..<20).map { bin in (bin * rows + 19) / 20 }
}

/// The sum of counts, if it is exact as a double.
///
/// - Throws: `ReferenceError.tooManyRows` above 2⁵³.
func sum(ofRows counts: [UInt64]) throws(ReferenceError) -> UInt64 {
    let limit = Reference.maximumRows
    var sum: UInt64 = 0
    for count in counts {
        // No overflow: neither the sum so far nor the count is above 2⁵³ where they are added.
        guard count <= limit, sum + count <= limit else { throw .tooManyRows(limit: limit) }
        sum += count
    }
    return sum
}
