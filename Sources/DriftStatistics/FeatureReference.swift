// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What a feature's values are.
package enum FeatureKind: String, Sendable {
    /// Numbers, ordered.
    case numeric
    /// Texts, compared by their bytes.
    case categorical
}

/// One feature's reference distribution, under its name.
package struct FeatureReference: Sendable, Equatable {
    /// The distribution, by the feature's kind.
    package enum Distribution: Sendable, Equatable {
        /// Numbers, counted between and at knots.
        case numeric(NumericReference)
        /// Texts, counted by category.
        case categorical(CategoricalReference)
    }

    /// The feature's name; `Reference` refuses an empty one, and two of the same name.
    package let name: String
    /// How the feature's values were distributed in the reference.
    package let distribution: Distribution

    /// Names a distribution.
    package init(name: String, distribution: Distribution) {
        self.name = name
        self.distribution = distribution
    }

    /// What the feature's values are.
    package var kind: FeatureKind {
        switch distribution {
        case .numeric: .numeric
        case .categorical: .categorical
        }
    }

    /// The distribution of a numeric feature; nil for a categorical one.
    package var numeric: NumericReference? {
        if case .numeric(let numeric) = distribution { numeric } else { nil }
    }

    /// The categories of a categorical feature, in the order of their cells; else none.
    package var categories: [String] {
        if case .categorical(let categorical) = distribution { categorical.categories } else { [] }
    }

    /// How many cells there are, 2 … 65,536, the missing cell included, which is the last.
    package var cellCount: Int {
        switch distribution {
        case .numeric(let numeric): numeric.cellCounts.count + 1
        case .categorical(let categorical): categorical.counts.count + 2
        }
    }

    /// How many bins there are, the missing bin included, which is the last.
    package var binCount: Int {
        switch distribution {
        case .numeric(let numeric): numeric.cutPoints.count + 2
        case .categorical: cellCount
        }
    }

    /// The reference's rows in each cell, the missing cell last.
    ///
    /// - Complexity: O(cells), one array.
    package var counts: [UInt64] {
        switch distribution {
        case .numeric(let numeric): numeric.cellCounts + [numeric.missing]
        case .categorical(let categorical):
            categorical.counts + [categorical.unseen, categorical.missing]
        }
    }

    /// The reference's rows in each bin, the missing bin last.
    ///
    /// - Complexity: O(cells), two arrays.
    package var binCounts: [UInt64] {
        bins.sums(of: counts.span)
    }

    /// Which cells each bin holds.
    var bins: Bins {
        switch distribution {
        case .numeric(let numeric): numeric.bins
        case .categorical: Bins(ends: Array(1...cellCount))
        }
    }
}
