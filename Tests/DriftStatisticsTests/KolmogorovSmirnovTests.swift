// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics
import TestSupport
import Testing

/// The statistic by its definition: both distribution functions at every value of either sample.
///
/// They are steps that only change at such a value, so no supremum hides between two of them.
private func definition(_ reference: [Double], _ window: [Double]) -> Double? {
    let (reference, window) = (reference.filter { !$0.isNaN }, window.filter { !$0.isNaN })
    guard !reference.isEmpty, !window.isEmpty else { return nil }
    func share(of sample: [Double], upTo value: Double) -> Double {
        Double(sample.count { $0 <= value }) / Double(sample.count)
    }
    return (reference + window).map { value in
        abs(share(of: reference, upTo: value) - share(of: window, upTo: value))
    }.max()
}

struct KolmogorovSmirnovTests {
    @Test
    func `on exact cells the statistic is that of the values, bit for bit`() throws {
        var generator = SeededGenerator(seed: 1)
        var defined = 0
        for world in 0..<6_000 {
            let reference = generator.column(upTo: 24)
            let window = generator.column(upTo: 24)
            let statistics = try NumericReference(reference, resolution: .exact)
                .statistics(of: window)
            let expected = definition(reference, window)
            try #require(statistics.ksStatistic == expected, "\(world): \(reference) \(window)")
            try #require(statistics.ksErrorBound == expected.map { _ in 0 })
            if expected != nil { defined += 1 }
        }
        #expect(defined > 5_000)
    }

    @Test
    func `on coarse cells it is too low by at most the error bound`() throws {
        var generator = SeededGenerator(seed: 2)
        var belowDefinition = 0
        for world in 0..<1_000 {
            // More than twenty distinct values, so that some lie between the cut points.
            let reference = (0..<60).map { _ in Double.random(in: 0..<1, using: &generator) }
            let window = (0..<40).map { _ in Double.random(in: 0..<1.5, using: &generator) }
            let knots = Int.random(in: 1...40, using: &generator)
            let statistics = try NumericReference(reference, resolution: .knots(knots))
                .statistics(of: window)
            let onCells = try #require(statistics.ksStatistic)
            let bound = try #require(statistics.ksErrorBound)
            let exact = try #require(definition(reference, window))
            try #require(onCells <= exact && exact <= onCells + bound + 1e-15, "\(world)")
            if onCells < exact { belowDefinition += 1 }
        }
        #expect(belowDefinition > 100)
    }

    @Test
    func `what lies below the least or above the greatest value is out of range`() throws {
        let reference = try NumericReference([1, 2, 3, .nan])
        let window: [Double] = [0, 1, 1.5, 3, 3.0.nextUp, .infinity, -.infinity, .nan]
        let statistics = reference.statistics(of: window)
        #expect(statistics.outOfRangeRatio == 4.0 / 7)
        #expect(statistics.missingRatio == 1.0 / 8)
    }

    @Test
    func `infinities of the reference are values like others`() throws {
        let reference = try NumericReference([-.infinity, 0, .infinity])
        let statistics = reference.statistics(of: [-.infinity, 0, .infinity])
        #expect(statistics.ksStatistic == 0)
        #expect(statistics.outOfRangeRatio == 0)
    }

    @Test
    func `it is undefined without values on either side`() throws {
        let withoutValues = try NumericReference([.nan, .nan])
        #expect(withoutValues.statistics(of: [1]).ksStatistic == nil)
        #expect(withoutValues.statistics(of: [1]).outOfRangeRatio == nil)
        #expect(withoutValues.statistics(of: [1]).jsDivergence == 1)
        let reference = try NumericReference([1])
        #expect(reference.statistics(of: [.nan]).ksStatistic == nil)
        #expect(reference.statistics(of: [.nan]).ksPValue == nil)
        #expect(reference.statistics(of: [.nan]).noiseFloor(.ksStatistic) == nil)
    }
}
