// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Rows as a forest looks at them, eight by eight: column after column, a number of each row.
///
/// The trees of a forest are walked one after the other, each for all rows of a block, so the nodes
/// of a tree are fetched once a block (InferenceBenchmark, forest).
struct RowBlock<Number: BinaryFloatingPoint & Sendable>: Sendable {
    /// Numbers of a block that stay in the first cache, beside the nodes of a tree.
    private static var mostNumbers: Int { 4_096 }
    /// More groups than that save nothing; a tally has room for as many.
    private static var mostGroups: Int { VoteTally.mostRows / Lanes.count }

    private(set) var numbers: [Number] = []
    /// How many groups of eight rows it takes.
    private(set) var groups = 0
    private var groupSize = 0

    /// Makes room, where there is not enough yet; the column of the leaves is filled.
    ///
    /// - Parameters:
    ///   - columns: Those of the forest.
    ///   - rows: How many are to be scored; there is room for one in any case.
    mutating func prepare(for columns: ForestColumns, rows: Int) {
        let size = (columns.count + 1) * Lanes.count
        let most = max(min(Self.mostGroups, Self.mostNumbers / size), 1)
        let wanted = max(min(rows / Lanes.count, most), 1)
        if groupSize == size, groups >= wanted { return }
        groupSize = size
        groups = wanted
        if numbers.count < size * groups {
            numbers = [Number](repeating: -.infinity, count: size * groups)
            return
        }
        // Ensembles of one plan take turns with a block, and should not allocate.
        for group in 1...groups {
            for place in 1...Lanes.count { numbers[group * size - place] = -.infinity }
        }
    }

    /// Takes over one row, which begins at `start`, as the first.
    @inline(__always)
    mutating func fill<Value: BinaryFloatingPoint>(
        _ columns: ForestColumns,
        withRowOf input: Span<Value>,
        at start: Int
    ) {
        var numbers = numbers.mutableSpan
        for run in columns.runs {
            for column in run.columns {
                let value = input[start &+ columns.features[column]]
                numbers[column &* Lanes.count] = run.number(of: value)
            }
        }
    }

    /// Takes over eight rows, of which the first begins at `start`, as a group.
    @inline(__always)
    mutating func fill<Value: BinaryFloatingPoint>(
        _ columns: ForestColumns,
        group: Int,
        withRowsOf input: Span<Value>,
        at start: Int,
        stride: Int
    ) {
        let base = group * groupSize
        var numbers = numbers.mutableSpan
        for run in columns.runs {
            for column in run.columns {
                let first = start &+ columns.features[column]
                for row in 0..<Lanes.count {
                    let value = input[first &+ row &* stride]
                    numbers[base &+ column &* Lanes.count &+ row] = run.number(of: value)
                }
            }
        }
    }
}

extension ForestColumns.Run {
    /// What stands in a column for a value of its feature.
    @inline(__always)
    fileprivate func number<Number: BinaryFloatingPoint, Value: BinaryFloatingPoint>(
        of value: Value
    ) -> Number {
        let value = isNegated ? -value : value
        let number = Number(value)
        // Only a double among floats can be rounded.
        guard Value.significandBitCount > Number.significandBitCount else { return number }
        if roundsUp { return Value(number) < value ? number.nextUp : number }
        return Value(number) > value ? number.nextDown : number
    }
}
