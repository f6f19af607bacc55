// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics
import TestSupport
import Testing

/// A categorical reference of the given counts, the last of them missing.
private func reference(_ counts: [UInt64]) throws -> CategoricalReference {
    try CategoricalReference(
        categories: (0..<counts.count - 1).map { index in
            // Letters, so that the order by bytes is the one of the indices.
            String(repeating: "a", count: index)
        },
        counts: Array(counts.dropLast()),
        unseen: 0,
        missing: counts[counts.count - 1]
    )
}

/// A window's counts with nothing unseen.
private func window(_ counts: [UInt64]) -> [UInt64] {
    counts.dropLast() + [0, counts[counts.count - 1]]
}

extension SeededGenerator {
    /// Some rows in each of some bins, often none; never none in all.
    fileprivate mutating func counts(bins: Int) -> [UInt64] {
        let most: UInt64 = [1, 3, 100, 1 << 20].randomElement(using: &self) ?? 1
        var counts = (0..<bins).map { _ in
            Bool.random(using: &self) ? UInt64(0) : UInt64.random(in: 0...most, using: &self)
        }
        counts[Int.random(in: 0..<bins, using: &self)] += 1
        return counts
    }
}

struct BinStatisticsTests {
    private static let distances: [Statistic] = [
        .jsDivergence, .jsDistance, .hellinger, .totalVariation, .lInfinity,
    ]

    @Test
    func `distances are symmetric, and in their range`() throws {
        var generator = SeededGenerator(seed: 10)
        for _ in 0..<3_000 {
            let bins = Int.random(in: 2...12, using: &generator)
            let (first, second) = (generator.counts(bins: bins), generator.counts(bins: bins))
            let forth = try reference(first).statistics(ofCounts: window(second))
            let back = try reference(second).statistics(ofCounts: window(first))
            for statistic in Self.distances {
                let distance = try #require(forth[statistic])
                try #require(isClose(distance, back[statistic]))
                try #require((0...1).contains(distance))
            }
            try #require(isClose(forth.psi, back.psi) && (forth.psi ?? -1) >= 0)
            try #require(isClose(forth.chiSquare, back.chiSquare))
        }
    }

    @Test
    func `equal shares are at distance zero exactly`() throws {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<2_000 {
            let bins = Int.random(in: 2...12, using: &generator)
            let counts = generator.counts(bins: bins)
            let times = UInt64.random(in: 1...1_000, using: &generator)
            let statistics = try reference(counts)
                .statistics(ofCounts: window(counts.map { $0 * times }))
            for statistic in Self.distances + [.psi] { try #require(statistics[statistic] == 0) }
            if let chiSquare = statistics.chiSquare {
                try #require(chiSquare == 0 && statistics.chiSquarePValue == 1)
            }
        }
    }

    @Test
    func `shares without a common bin are at distance one`() throws {
        let statistics = try reference([3, 0, 0]).statistics(ofCounts: window([0, 2, 5]))
        for statistic in Self.distances where statistic != .lInfinity {
            #expect(isClose(statistics[statistic], 1))
        }
        #expect(statistics.lInfinity == 1)
    }

    @Test
    func `near shares lose nothing to cancellation`() throws {
        // With shares ½·(1 ± r) against ½, JS is r²/(8·ln 2) bits and Hellinger's distance r/√8.
        var generator = SeededGenerator(seed: 14)
        let half: UInt64 = 3 << 50
        for _ in 0..<100 {
            let e = UInt64.random(in: 1 << 26...1 << 28, using: &generator)
            let r = Double(e) / Double(half)
            let statistics = try reference([half, half, 0])
                .statistics(ofCounts: window([half + e, half - e, 0]))
            let distance = try #require(statistics.jsDistance)
            let hellinger = try #require(statistics.hellinger)
            #expect(abs(distance / (r / (8 * 0.693_147_180_559_945_3).squareRoot()) - 1) < 1e-7)
            #expect(abs(hellinger / (r / 8.0.squareRoot()) - 1) < 1e-7)
        }
    }

    @Test
    func `a window without rows has no statistics`() throws {
        let numeric = try NumericReference([1, 2, 3])
        let categorical = try CategoricalReference(["a"])
        for statistics in [numeric.statistics(of: []), categorical.statistics(of: [])] {
            for statistic in Statistic.allCases {
                #expect(statistics[statistic] == nil)
                #expect(statistics.noiseFloor(statistic) == nil)
            }
            #expect(statistics.rows == 0 && statistics.bins.allSatisfy { $0 == 0 })
        }
    }

    @Test
    func `each kind has its statistics`() throws {
        let both: Set<Statistic> = [
            .jsDivergence, .jsDistance, .psi, .hellinger, .totalVariation, .lInfinity,
            .missingRatio,
        ]
        let ofNumeric: Set<Statistic> = [
            .ksStatistic, .ksPValue, .ksErrorBound, .outOfRangeRatio,
        ]
        let ofCategorical: Set<Statistic> = [.chiSquare, .chiSquarePValue, .unseenRatio]
        let numeric = try NumericReference([1, 2, 3]).statistics(of: [1, 4, .nan])
        let categorical = try CategoricalReference(["a", "b"]).statistics(of: ["a", "c", nil])
        for statistic in Statistic.allCases {
            #expect((numeric[statistic] != nil) == both.union(ofNumeric).contains(statistic))
            let isDefined = categorical[statistic] != nil
            #expect(isDefined == both.union(ofCategorical).contains(statistic))
        }
        #expect(categorical.unseenRatio == 0.5 && categorical.missingRatio == 1.0 / 3)
        #expect(categorical.rows == 3 && categorical.present == 2)
    }

    @Test
    func `folded categories are unseen in the window too`() throws {
        let folded = try CategoricalReference(["a", "a", "rare", "odd"], foldBelow: 2)
        let statistics = folded.statistics(of: ["a", "a", "rare", "other"])
        #expect(statistics.unseenRatio == 0.5)
        #expect(statistics.jsDivergence == 0)
    }

    @Test
    func `a table of one column has no chi square`() throws {
        let statistics = try CategoricalReference(["a", "a"]).statistics(of: ["a"])
        #expect(statistics.chiSquare == nil && statistics.chiSquarePValue == nil)
        #expect(statistics.jsDivergence == 0)
        #expect(statistics.unseenRatio == 0)
    }

    @Test
    func `of a window without values no share is unseen`() throws {
        let statistics = try CategoricalReference(["a", "b"]).statistics(of: [nil, nil])
        #expect(statistics.unseenRatio == 0 && statistics.missingRatio == 1)
        #expect(try CategoricalReference(["a"]).statistics(of: []).unseenRatio == nil)
    }
}
