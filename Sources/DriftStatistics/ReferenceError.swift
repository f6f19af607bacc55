// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Why a reference cannot be built, or put together from parts.
package enum ReferenceError: Error, Sendable, Equatable {
    /// The model's name is empty.
    case emptyModel
    /// The model version's name is empty.
    case emptyVersion
    /// The reference has no rows.
    case noRows
    /// The reference has no features.
    case noFeatures
    /// A feature's name is empty.
    case emptyFeatureName(index: Int)
    /// Two features have the same name.
    case duplicateFeature(String)
    /// The prediction is not the last of the features.
    case predictionNotLast(index: Int)
    /// A feature's counts do not add up to the reference's rows.
    case rowsDiffer(feature: String, found: UInt64, expected: Int)
    /// Counts add up to more rows than are exact as doubles.
    case tooManyRows(limit: UInt64)

    /// A resolution of less than one knot.
    case resolution(Int)
    /// More distinct values than `exact` can make knots of.
    case tooManyDistinctValues(found: Int, limit: Int)
    /// More knots than 16 bits can number the cells of.
    case tooManyKnots(found: Int, limit: Int)
    /// A knot is NaN.
    case knotIsNaN(index: Int)
    /// A knot is not above the one before it.
    case knotsNotAscending(index: Int)
    /// Not two counts a knot and one more.
    case cellCounts(found: Int, expected: Int)
    /// No row has the value of a knot.
    case noRowsAtKnot(index: Int)
    /// Rows lie below the first knot or above the last.
    case rowsOutsideKnots(UInt64)
    /// Rows lie between knots that are said to be all distinct values.
    case rowsBetweenExactKnots(UInt64)
    /// The number of distinct values does not go with the cells.
    case distinctValues(found: Int, least: UInt64, most: UInt64)
    /// An order statistic that must be a cut point lies between knots.
    case cutPointBetweenKnots(rank: UInt64)

    /// More categories than 16 bits can number beside unseen and missing.
    case tooManyCategories(found: Int, limit: Int)
    /// A category is not after the one before it, by their UTF-8 bytes.
    case categoriesNotAscending(index: Int)
    /// Not one count a category.
    case categoryCounts(found: Int, expected: Int)
}

extension ReferenceError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .emptyModel: "the model has no name"
        case .emptyVersion: "the model version has no name"
        case .noRows: "the reference has no rows"
        case .noFeatures: "the reference has no features"
        case .emptyFeatureName(let index): "feature \(index) has no name"
        case .duplicateFeature(let name): "two features are named '\(name)'"
        case .predictionNotLast(let index):
            "feature \(index) has the prediction's reserved name and is not the last"
        case .rowsDiffer(let feature, let found, let expected):
            "the counts of '\(feature)' add up to \(found) rows, the reference has \(expected)"
        case .tooManyRows(let limit): "the counts add up to more than \(limit) rows"
        case .resolution(let knots): "a resolution of \(knots) knots; it must be at least 1"
        case .tooManyDistinctValues(let found, let limit):
            "\(found) distinct values; an exact resolution holds at most \(limit)"
        case .tooManyKnots(let found, let limit): "\(found) knots; at most \(limit) are possible"
        case .knotIsNaN(let index): "knot \(index) is not a number"
        case .knotsNotAscending(let index): "knot \(index) is not above the knot before it"
        case .cellCounts(let found, let expected):
            "\(found) cell counts; the knots need \(expected)"
        case .noRowsAtKnot(let index): "no row has the value of knot \(index)"
        case .rowsOutsideKnots(let rows): "\(rows) rows lie below the first or above the last knot"
        case .rowsBetweenExactKnots(let rows):
            "\(rows) rows lie between knots, but the resolution is said to be exact"
        case .distinctValues(let found, let least, let most):
            "\(found) distinct values; the cells allow \(least) to \(most)"
        case .cutPointBetweenKnots(let rank):
            "the value of rank \(rank) borders on a bin and must be a knot"
        case .tooManyCategories(let found, let limit):
            "\(found) categories; at most \(limit) are possible"
        case .categoriesNotAscending(let index):
            "category \(index) does not come after the category before it, by UTF-8 bytes"
        case .categoryCounts(let found, let expected):
            "\(found) category counts; there are \(expected) categories"
        }
    }
}
