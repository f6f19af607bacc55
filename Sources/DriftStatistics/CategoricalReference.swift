// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// A categorical feature's reference distribution: its rows, counted by category.
///
/// The *cells* of c categories: category i is cell i, any other value is cell c (*unseen*), and
/// cell c + 1 is missing. Categories are told apart by their UTF-8 bytes, as on the wire, and not
/// by Swift's canonical equivalence.
package struct CategoricalReference: Sendable {
    /// The most categories whose cells, unseen and missing included, 16 bits can number.
    package static let maximumCategories = 65_533

    /// The categories, ascending by their UTF-8 bytes, distinct; the empty text may be one.
    package let categories: [String]
    /// The reference's rows in each category.
    package let counts: [UInt64]
    /// The reference's rows whose category was folded, as too rare to be kept; else 0.
    package let unseen: UInt64
    /// The reference's rows without a value.
    package let missing: UInt64

    /// Puts a reference together from parts that nobody vouches for.
    ///
    /// - Parameters:
    ///   - categories: Ascending by UTF-8 bytes and distinct, at most 65,533.
    ///   - counts: The rows in each category.
    ///   - unseen: The rows in categories that were folded.
    ///   - missing: The rows without a value.
    /// - Throws: The first fault found: too many categories, one out of order, counts of the wrong
    ///   length or of more than 2⁵³ rows.
    /// - Complexity: O(bytes of the categories).
    package init(
        categories: [String],
        counts: [UInt64],
        unseen: UInt64,
        missing: UInt64
    ) throws(ReferenceError) {
        guard categories.count <= Self.maximumCategories else {
            throw .tooManyCategories(found: categories.count, limit: Self.maximumCategories)
        }
        for index in categories.indices.dropFirst() {
            let (before, here) = (categories[index - 1].utf8, categories[index].utf8)
            guard before.lexicographicallyPrecedes(here) else {
                throw .categoriesNotAscending(index: index)
            }
        }
        guard counts.count == categories.count else {
            throw .categoryCounts(found: counts.count, expected: categories.count)
        }
        _ = try sum(ofRows: counts + [unseen, missing])
        self.categories = categories
        self.counts = counts
        self.unseen = unseen
        self.missing = missing
    }

    /// Builds a reference from a column.
    ///
    /// The order of the column does not matter.
    ///
    /// - Parameters:
    ///   - values: The column; nil is missing, the empty text is a category.
    ///   - foldBelow: Categories of fewer rows are counted as unseen, and their names are not kept;
    ///     1 or less folds none.
    /// - Throws: `tooManyCategories` if more than 65,533 remain.
    /// - Complexity: O(n + c · log(c)) for n rows of c distinct texts.
    package init(_ values: [String?], foldBelow: Int = 0) throws(ReferenceError) {
        var rows: [Category: UInt64] = [:]
        var missing: UInt64 = 0
        for value in values {
            if let value { rows[Category(text: value), default: 0] += 1 } else { missing += 1 }
        }
        let kept = rows.filter { $0.value >= foldBelow }.sorted { first, second in
            first.key.text.utf8.lexicographicallyPrecedes(second.key.text.utf8)
        }
        let keptRows = kept.reduce(0) { $0 + $1.value }
        try self.init(
            categories: kept.map(\.key.text),
            counts: kept.map(\.value),
            unseen: UInt64(values.count) - missing - keptRows,
            missing: missing
        )
    }
}

extension CategoricalReference: Equatable {
    /// Whether two references have the same categories, byte for byte, and counts.
    package static func == (first: Self, second: Self) -> Bool {
        first.counts == second.counts && first.unseen == second.unseen
            && first.missing == second.missing
            && first.categories.elementsEqual(second.categories) { $0.utf8.elementsEqual($1.utf8) }
    }
}

/// A text that equals another only byte for byte.
private struct Category: Hashable {
    let text: String

    static func == (first: Self, second: Self) -> Bool {
        first.text.utf8.elementsEqual(second.text.utf8)
    }

    func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
    }
}
