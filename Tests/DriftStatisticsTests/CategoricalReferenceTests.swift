// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics
import TestSupport
import Testing

struct CategoricalReferenceTests {
    /// "é" as one scalar, and as a letter with an accent: equal strings, different bytes.
    private let composed = "\u{E9}"
    private let decomposed = "e\u{301}"

    @Test
    func `categories are counted and sorted by their bytes`() throws {
        let texts: [String?] = ["b", nil, "", "a", "日本", "b", "Z", nil, "ab"]
        let values = texts + [composed, decomposed]
        let reference = try CategoricalReference(values)
        let sorted = ["", "Z", "a", "ab", "b", decomposed, composed, "日本"]
        #expect(reference.categories.map { Array($0.utf8) } == sorted.map { Array($0.utf8) })
        #expect(reference.counts == [1, 1, 1, 1, 2, 1, 1, 1])
        #expect(reference.missing == 2 && reference.unseen == 0)
    }

    @Test
    func `the order of the rows does not matter`() throws {
        var generator = SeededGenerator(seed: 9)
        let pool = ["", "x", composed, decomposed, "long text of more than fifteen bytes"]
        let values = (0..<300).map { _ in pool.randomElement(using: &generator) }
        let first = try CategoricalReference(values, foldBelow: 60)
        let second = try CategoricalReference(values.shuffled(using: &generator), foldBelow: 60)
        #expect(first == second)
    }

    @Test
    func `references differ where categories do in bytes alone`() throws {
        #expect(composed == decomposed)
        #expect(try CategoricalReference([composed]) != CategoricalReference([decomposed]))
        #expect(try CategoricalReference([composed]) == CategoricalReference([composed]))
    }

    @Test(arguments: [
        (-1, 3, 0), (0, 3, 0), (1, 3, 0), (2, 2, 1), (3, 1, 3), (4, 0, 6), (.max, 0, 6),
    ])
    func `rare categories are folded into the unseen ones`(
        _ foldBelow: Int,
        _ kept: Int,
        _ unseen: UInt64
    ) throws {
        let values = ["a", "a", "a", "b", "b", "c", nil]
        let reference = try CategoricalReference(values, foldBelow: foldBelow)
        #expect(reference.categories == Array(["a", "b", "c"].prefix(kept)))
        #expect(reference.unseen == unseen && reference.missing == 1)
        let feature = FeatureReference(name: "x", distribution: .categorical(reference))
        #expect(feature.counts.reduce(0, +) == 7)
        #expect(feature.binCounts == feature.counts && feature.binCount == feature.cellCount)
        #expect(feature.cellCount == kept + 2)
    }

    @Test
    func `as many categories as 16 bits can number are held, and no more`() throws {
        let most = (0..<65_533).map { "\($0)" }
        #expect(try CategoricalReference(most).categories.count == 65_533)
        #expect(throws: ReferenceError.tooManyCategories(found: 65_534, limit: 65_533)) {
            try CategoricalReference(most + ["more"])
        }
        let folded = try CategoricalReference(most + ["more", "more"], foldBelow: 2)
        #expect(folded.categories == ["more"] && folded.unseen == 65_533)
    }

    struct Parts: CustomTestStringConvertible, Sendable {
        var categories = ["a", "b"]
        var counts: [UInt64] = [1, 2]
        var unseen: UInt64 = 0
        var missing: UInt64 = 0
        let error: ReferenceError
        var testDescription: String { error.description }

        static let faulty: [Self] = [
            Self(categories: ["b", "a"], error: .categoriesNotAscending(index: 1)),
            Self(categories: ["a", "a"], error: .categoriesNotAscending(index: 1)),
            Self(counts: [1], error: .categoryCounts(found: 1, expected: 2)),
            Self(counts: [1, 2, 3], error: .categoryCounts(found: 3, expected: 2)),
            Self(counts: [.max, .max], error: .tooManyRows(limit: 1 << 53)),
            Self(unseen: 1 << 53, error: .tooManyRows(limit: 1 << 53)),
            Self(missing: .max, error: .tooManyRows(limit: 1 << 53)),
            Self(
                categories: Array(repeating: "a", count: 65_534),
                error: .tooManyCategories(found: 65_534, limit: 65_533)
            ),
        ]
    }

    @Test(arguments: Parts.faulty)
    func `faulty parts are refused`(_ parts: Parts) {
        #expect(throws: parts.error) {
            try CategoricalReference(
                categories: parts.categories,
                counts: parts.counts,
                unseen: parts.unseen,
                missing: parts.missing
            )
        }
    }
}
