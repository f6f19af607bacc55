// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics
import TestSupport
import Testing

struct NumericReferenceTests {
    /// The order statistics at ranks ⌈j·n/shares⌉ of a sorted column, by the letter.
    private func quantiles(_ sorted: [Double], _ shares: Int, _ range: Range<Int>) -> Set<Double> {
        Set(range.map { sorted[(Double($0 * sorted.count) / Double(shares)).roundedUp - 1] })
    }

    @Test(arguments: [1, 2, 7, 19, 20, 21, 64, 100, 1_024, .max])
    func `knots are the range, the cut points and the quantiles`(_ shares: Int) throws {
        var generator = SeededGenerator(seed: 5)
        for rows in [1, 2, 3, 19, 20, 21, 60, 333] {
            let values = (0..<rows).map { _ in (generator.normal() * 50).rounded() + 0.0 }
            let sorted = values.sorted()
            let reference = try NumericReference(values, resolution: .knots(shares))
            let cuts = quantiles(sorted, 20, 1..<20)
            let ends = Set([sorted[0], sorted[rows - 1]])
            let inner =
                shares > rows ? Set(values) : quantiles(sorted, shares, 1..<shares + 1)
            #expect(reference.cutPoints == cuts.sorted())
            #expect(reference.knots == cuts.union(ends).union(inner).sorted())
            #expect(reference.minimum == sorted[0] && reference.maximum == sorted[rows - 1])
            #expect(reference.distinct == Set(values).count)
        }
    }

    @Test
    func `cells hold the rows that the quantiser puts there`() throws {
        var generator = SeededGenerator(seed: 6)
        for _ in 0..<500 {
            let values = generator.column(upTo: 80)
            let knots = Int.random(in: 1...10, using: &generator)
            let reference = try NumericReference(values, resolution: .knots(knots))
            #expect(reference.cellCounts + [reference.missing] == reference.counts(of: values))
            #expect(reference.present + reference.missing == UInt64(values.count))
            let between =
                stride(from: 0, to: reference.cellCounts.count, by: 2)
                .map { reference.cellCounts[$0] }.max() ?? 0
            let share = Double(between) / Double(max(reference.present, 1))
            #expect(reference.errorBound == share)
        }
    }

    @Test
    func `the order of the rows does not matter`() throws {
        var generator = SeededGenerator(seed: 7)
        for resolution in [Resolution.exact, .knots(5), .standard] {
            let values = (0..<400).map { _ in generator.column(upTo: 1)[0] }
            let shuffled = values.shuffled(using: &generator)
            let first = try NumericReference(values, resolution: resolution)
            let second = try NumericReference(shuffled, resolution: resolution)
            #expect(first == second)
        }
    }

    @Test
    func `a negative zero becomes zero`() throws {
        let built = try NumericReference([-0.0, -0.0, 0.0], resolution: .exact)
        let assembled = try NumericReference(
            knots: [-0.0],
            cellCounts: [0, 3, 0],
            missing: 0,
            resolution: .exact,
            distinct: 1
        )
        for reference in [built, assembled] {
            // 0.0 == -0.0, so the bits are compared.
            #expect(reference.knots.map(\.bitPattern) == [0])
            #expect(reference.cutPoints.map(\.bitPattern) == [0])
        }
    }

    @Test
    func `every distinct value is a knot at exact resolution, up to a limit`() throws {
        let most = (0..<32_767).map { Double($0) }
        #expect(try NumericReference(most, resolution: .exact).knots == most)
        #expect(
            throws: ReferenceError.tooManyDistinctValues(found: 32_768, limit: 32_767)
        ) { try NumericReference(most + [-1], resolution: .exact) }
        #expect(throws: ReferenceError.tooManyKnots(found: 32_768, limit: 32_767)) {
            try NumericReference(most + [-1], resolution: .knots(40_000))
        }
        let coarse = try NumericReference(most + [-1])
        #expect(coarse.distinct == 32_768)
        #expect(coarse.errorBound > 0 && coarse.errorBound < 1.0 / 1_024)
    }

    @Test
    func `a reference without values has one cell for all of them`() throws {
        for resolution in [Resolution.exact, .standard] {
            let reference = try NumericReference([.nan, .nan], resolution: resolution)
            #expect(reference.knots.isEmpty && reference.cutPoints.isEmpty)
            #expect(reference.cellCounts == [0] && reference.missing == 2)
            #expect(reference.minimum == nil && reference.errorBound == 0)
            let feature = FeatureReference(name: "x", distribution: .numeric(reference))
            #expect(feature.cellCount == 2 && feature.binCounts == [0, 2])
        }
    }

    @Test(arguments: [0, -1, .min])
    func `a resolution below one knot is refused`(_ knots: Int) {
        #expect(throws: ReferenceError.resolution(knots)) {
            try NumericReference([1], resolution: .knots(knots))
        }
    }

    @Test
    func `bins are closed above`() throws {
        let values = (1...40).map { Double($0) }
        let reference = try NumericReference(values + [.nan])
        #expect(reference.cutPoints == stride(from: 2.0, through: 38, by: 2).map(\.self))
        let feature = FeatureReference(name: "x", distribution: .numeric(reference))
        #expect(feature.binCount == 21)
        #expect(feature.binCounts == Array(repeating: 2, count: 20) + [1])
        let window = reference.statistics(of: [2, 2.0.nextUp, 4, 38, 38.0.nextUp, .infinity, .nan])
        #expect(window.bins == [1, 2] + Array(repeating: 0, count: 16) + [1, 2, 1])
    }

    @Test
    func `the parts of a reference make the same reference`() throws {
        var generator = SeededGenerator(seed: 8)
        for _ in 0..<500 {
            let resolution = [Resolution.exact, .knots(2), .standard][Int(generator.next() % 3)]
            let built = try NumericReference(generator.column(upTo: 90), resolution: resolution)
            let again = try NumericReference(
                knots: built.knots,
                cellCounts: built.cellCounts,
                missing: built.missing,
                resolution: built.resolution,
                distinct: built.distinct
            )
            #expect(again == built)
        }
    }

    struct Parts: CustomTestStringConvertible, Sendable {
        var knots: [Double] = [1, 2]
        var cellCounts: [UInt64] = [0, 5, 3, 5, 0]
        var missing: UInt64 = 1
        var resolution = Resolution.standard
        var distinct = 4
        let error: ReferenceError
        var testDescription: String { error.description }

        static let faulty: [Self] = [
            Self(knots: [1, .nan], error: .knotIsNaN(index: 1)),
            Self(knots: [.nan, 1], error: .knotIsNaN(index: 0)),
            Self(knots: [2, 1], error: .knotsNotAscending(index: 1)),
            Self(knots: [0, -0.0], error: .knotsNotAscending(index: 1)),
            Self(cellCounts: [], error: .cellCounts(found: 0, expected: 5)),
            Self(cellCounts: [0, 5, 3, 5, 0, 1], error: .cellCounts(found: 6, expected: 5)),
            Self(cellCounts: [0, 5, 3, 0, 0], error: .noRowsAtKnot(index: 1)),
            Self(cellCounts: [1, 5, 3, 5, 0], error: .rowsOutsideKnots(1)),
            Self(cellCounts: [0, 5, 3, 5, 2], error: .rowsOutsideKnots(2)),
            Self(knots: [], cellCounts: [7], error: .rowsOutsideKnots(7)),
            Self(cellCounts: [0, .max, .max, .max, 0], error: .tooManyRows(limit: 1 << 53)),
            Self(missing: .max, error: .tooManyRows(limit: 1 << 53)),
            Self(missing: 1 << 53 - 12, error: .tooManyRows(limit: 1 << 53)),
            Self(resolution: .knots(0), error: .resolution(0)),
            Self(resolution: .exact, error: .rowsBetweenExactKnots(3)),
            Self(distinct: 2, error: .distinctValues(found: 2, least: 3, most: 5)),
            Self(distinct: 6, error: .distinctValues(found: 6, least: 3, most: 5)),
            Self(distinct: .min, error: .distinctValues(found: .min, least: 3, most: 5)),
            Self(cellCounts: [0, 1, 11, 1, 0], error: .cutPointBetweenKnots(rank: 2)),
            Self(
                knots: (0..<32_768).map { Double($0) },
                error: .tooManyKnots(found: 32_768, limit: 32_767)
            ),
        ]
    }

    @Test(arguments: Parts.faulty)
    func `faulty parts are refused`(_ parts: Parts) {
        #expect(throws: parts.error) {
            try NumericReference(
                knots: parts.knots,
                cellCounts: parts.cellCounts,
                missing: parts.missing,
                resolution: parts.resolution,
                distinct: parts.distinct
            )
        }
    }

    @Test
    func `counts up to the limit are taken and compared`() throws {
        let most: UInt64 = 1 << 53
        let reference = try NumericReference(
            knots: [1],
            cellCounts: [0, most - 1, 0],
            missing: 1,
            resolution: .exact,
            distinct: 1
        )
        let feature = FeatureReference(name: "x", distribution: .numeric(reference))
        let statistics = FeatureEvaluator(feature).statistics(of: feature.counts.span)
        #expect(statistics.ksStatistic == 0 && statistics.psi == 0)
    }
}

extension Double {
    fileprivate var roundedUp: Int { Int(rounded(.up)) }
}
