// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Finds the cells of values among the knots of a numeric feature.
///
/// `NumericReference` says how cells are numbered. The knots lie in a perfect binary tree, level by
/// level: a search takes the same steps for every value, so four search side by side and no branch
/// depends on the data. Of the same search for one value the compiler may make branches, which are
/// mispredicted every other step: 59 ns a value against 11, random values among 1,041 knots
/// (HotPathsBenchmark, cell look-up).
///
/// Source of the layout: P.-V. Khuong, P. Morin, "Array layouts for comparison-based searching",
/// ACM Journal of Experimental Algorithmics 22 (2017), section 2.3.
package struct CellIndex: Sendable {
    /// The knots by level: the root at 1, the children of i at 2i and 2i + 1; 0 is not used.
    private let tree: [Double]
    /// How many levels the tree has.
    private let levels: Int
    /// The missing cell.
    private let missing: Int64

    /// Indexes knots.
    ///
    /// - Parameter knots: Ascending and distinct, without NaN; may be empty.
    /// - Precondition: At most 32,767 knots.
    /// - Complexity: O(k).
    package init(knots: [Double]) {
        precondition(knots.count <= NumericReference.maximumKnots)
        var levels = 0
        while 1 << levels <= knots.count { levels += 1 }
        let leaves = 1 << levels
        // NaN is neither below nor equal to anything, so what it pads is never found.
        let padding = Array(repeating: Double.nan, count: leaves - knots.count)
        let sorted = knots + padding
        var tree = Array(repeating: Double.nan, count: leaves)
        for level in 0..<levels {
            let spacing = leaves >> level
            for place in 0..<1 << level {
                tree[1 << level + place] = sorted[place * spacing + spacing / 2 - 1]
            }
        }
        self.tree = tree
        self.levels = levels
        missing = Int64(2 * knots.count + 1)
    }

    /// The cell of one value; NaN is missing, -0.0 is 0.0, infinities are values.
    ///
    /// - Complexity: O(log(k)).
    package func cell(of value: Double) -> UInt16 {
        cells(of: SIMD4(repeating: value), tree.span)[0]
    }

    /// The cells of a column of values; NaN is missing, -0.0 is 0.0, infinities are values.
    ///
    /// - Parameters:
    ///   - values: The column.
    ///   - cells: Where each value's cell goes.
    /// - Precondition: As many cells as values.
    /// - Complexity: O(log(k)) a value, no allocation.
    package func quantise(_ values: Span<Double>, into cells: inout MutableSpan<UInt16>) {
        precondition(values.count == cells.count)
        let tree = tree.span
        let quarters = values.count / 4
        for quarter in 0..<quarters {
            let index = 4 * quarter
            let four = SIMD4(
                values[index],
                values[index + 1],
                values[index + 2],
                values[index + 3]
            )
            let found = self.cells(of: four, tree)
            for lane in 0..<4 { cells[index + lane] = found[lane] }
        }
        for index in 4 * quarters..<values.count { cells[index] = cell(of: values[index]) }
    }

    /// The cells of four values.
    @inline(__always)
    private func cells(
        of values: SIMD4<Double>,
        _ tree: Span<Double>
    ) -> SIMD4<UInt16> {
        var node = SIMD4<Int64>(repeating: 1)
        // The least knot that is not below the value is the last one from which it went left: a
        // table of the knots in order would be as large as the tree, and the caches hold one.
        var next = SIMD4<Double>(repeating: .nan)
        for _ in 0..<levels {
            let knots = tree.gather(node)
            let isBelow = knots .< values
            next = knots.replacing(with: next, where: isBelow)
            node = node &+ node &+ isBelow.ones
        }
        // Numbered from the left, the places below the last level count the knots below the value.
        let below = node &- Int64(tree.count)
        var cells = below &+ below &+ (next .== values).ones
        cells.replace(with: missing, where: values .!= values)
        return SIMD4(truncatingIfNeeded: cells)
    }
}

extension Span<Double> {
    /// Four elements at once.
    @inline(__always)
    fileprivate func gather(_ indices: SIMD4<Int64>) -> SIMD4<Double> {
        SIMD4(
            self[Int(indices[0])],
            self[Int(indices[1])],
            self[Int(indices[2])],
            self[Int(indices[3])]
        )
    }
}

extension SIMDMask<SIMD4<Int64>> {
    /// 1 where the mask is set, else 0.
    @inline(__always)
    fileprivate var ones: SIMD4<Int64> { SIMD4.zero.replacing(with: 1, where: self) }
}
