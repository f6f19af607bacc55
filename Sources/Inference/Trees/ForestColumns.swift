// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What a branch looks at: a feature, or its negative.
struct ForestColumn: Hashable, Comparable, Sendable {
    var feature: Int
    var isNegated: Bool
    /// Which way a double goes where floats are compared: with t a float and x any number, x ≤ t just
    /// if the least float not below x is, and x < t just if the greatest float not above x is.
    var roundsUp: Bool

    /// Like columns come together, so that a row is taken over without a branch a value.
    static func < (one: Self, other: Self) -> Bool {
        if one.isNegated != other.isNegated { return other.isNegated }
        if one.roundsUp != other.roundsUp { return other.roundsUp }
        return one.feature < other.feature
    }
}

/// The columns of a forest.
struct ForestColumns: Sendable {
    /// Columns that differ in their feature only.
    struct Run: Sendable {
        var columns: Range<Int>
        var isNegated: Bool
        var roundsUp: Bool
    }

    /// At most four.
    private(set) var runs: [Run] = []
    /// The feature of each column.
    let features: [Int]

    /// Finds the runs of sorted columns.
    init(_ columns: [ForestColumn]) {
        features = columns.map(\.feature)
        for (index, column) in columns.enumerated() {
            if let last = runs.last, last.isNegated == column.isNegated,
                last.roundsUp == column.roundsUp
            {
                runs[runs.count - 1].columns = last.columns.lowerBound..<index + 1
            } else {
                runs.append(
                    Run(
                        columns: index..<index + 1,
                        isNegated: column.isNegated,
                        roundsUp: column.roundsUp
                    )
                )
            }
        }
    }

    /// Their number, without that of the leaves.
    var count: Int { features.count }

    /// The least width of a row.
    var featureCount: Int { features.reduce(0) { max($0, $1 + 1) } }
}
