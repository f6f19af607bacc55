// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// How a node compares a feature with its threshold.
enum BranchMode: Sendable {
    case lessOrEqual, less, greaterOrEqual, greater, equal, notEqual, leaf

    /// Reads ONNX's word for it.
    init?(_ name: String) {
        switch name {
        case "BRANCH_LEQ": self = .lessOrEqual
        case "BRANCH_LT": self = .less
        case "BRANCH_GTE": self = .greaterOrEqual
        case "BRANCH_GT": self = .greater
        case "BRANCH_EQ": self = .equal
        case "BRANCH_NEQ": self = .notEqual
        case "LEAF": self = .leaf
        default: return nil
        }
    }
}

/// The one comparison that a forest makes: column ≤ threshold; false for NaN.
///
/// x ≥ t is −x ≤ −t, and x < t is x ≤ the number below t. A branch that sends NaN where a false
/// comparison goes tests its own relation; one that sends NaN where a true one goes tests the
/// opposite and swaps its children. So no walk asks for NaN, and none for the mode.
struct BranchTest: Sendable {
    /// What is compared.
    var column: ForestColumn
    private var bound: Double
    private var isStrict: Bool

    private enum Relation {
        case lessOrEqual, less, greaterOrEqual, greater

        var opposite: Relation {
            switch self {
            case .lessOrEqual: .greater
            case .less: .greaterOrEqual
            case .greaterOrEqual: .less
            case .greater: .lessOrEqual
            }
        }
    }

    private init(_ relation: Relation, feature: Int, bound: Double) {
        isStrict = relation == .less || relation == .greater
        let isNegated = relation == .greaterOrEqual || relation == .greater
        column = ForestColumn(feature: feature, isNegated: isNegated, roundsUp: !isStrict)
        self.bound = isNegated ? -bound : bound
    }

    /// The opposite of a relation to `bound`: of numbers exactly one of the two holds, of NaN neither.
    private init(oppositeOf relation: Relation, feature: Int, bound: Double) {
        // Nothing is related to a threshold of NaN, so its opposite holds for every number.
        self =
            bound.isNaN
            ? BranchTest(.lessOrEqual, feature: feature, bound: .infinity)
            : BranchTest(relation.opposite, feature: feature, bound: bound)
    }

    /// The threshold as a number of the forest.
    ///
    /// - Precondition: `Number` has the bound exactly, or it is NaN.
    func threshold<Number: BinaryFloatingPoint>(as type: Number.Type) -> Number {
        let bound = Number(bound)
        // Nothing is less than −∞, and no number is less than or equal to NaN.
        return isStrict ? (bound == -.infinity ? .nan : bound.nextDown) : bound
    }

    /// A branch in one test or, for equality, in two.
    enum Branch {
        case one(BranchTest, holdsMeansTrue: Bool)
        /// The second test comes where the first leaves it open; elsewhere the branch is false.
        case two(BranchTest, BranchTest, holdsMeansOpen: Bool, isNegated: Bool)
    }

    /// Translates a branch of any mode but `leaf`.
    static func branch(
        _ mode: BranchMode,
        feature: Int,
        threshold: Double,
        missingTracksTrue: Bool
    ) -> Branch {
        func one(_ relation: Relation) -> Branch {
            missingTracksTrue
                ? .one(
                    BranchTest(oppositeOf: relation, feature: feature, bound: threshold),
                    holdsMeansTrue: false
                )
                : .one(
                    BranchTest(relation, feature: feature, bound: threshold),
                    holdsMeansTrue: true
                )
        }
        func equality(missingTracksTrue: Bool, isNegated: Bool) -> Branch {
            guard missingTracksTrue else {
                return .two(
                    BranchTest(.lessOrEqual, feature: feature, bound: threshold),
                    BranchTest(.greaterOrEqual, feature: feature, bound: threshold),
                    holdsMeansOpen: true,
                    isNegated: isNegated
                )
            }
            return .two(
                BranchTest(oppositeOf: .lessOrEqual, feature: feature, bound: threshold),
                BranchTest(oppositeOf: .greaterOrEqual, feature: feature, bound: threshold),
                holdsMeansOpen: false,
                isNegated: isNegated
            )
        }
        switch mode {
        case .lessOrEqual: return one(.lessOrEqual)
        case .less: return one(.less)
        case .greaterOrEqual: return one(.greaterOrEqual)
        case .greater: return one(.greater)
        case .equal, .leaf:
            return equality(missingTracksTrue: missingTracksTrue, isNegated: false)
        // NaN differs from every threshold, whatever the flag says.
        case .notEqual: return equality(missingTracksTrue: false, isNegated: true)
        }
    }
}
