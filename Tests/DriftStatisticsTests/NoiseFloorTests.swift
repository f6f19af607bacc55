// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics
import TestSupport
import Testing

struct NoiseFloorTests {
    /// The mean over simulated pairs of samples from one distribution, over the mean noise floor.
    ///
    /// Each repetition draws its reference anew. Of 250 repetitions the quotient's standard error is
    /// near 2 % for D, and for the others with B = 20 bins, √(2/19/250); 3 % for B = 8.
    private func quotients(
        repetitions: Int,
        _ statistics: [Statistic],
        of draw: () throws -> FeatureStatistics
    ) throws -> [Double] {
        var (measured, floors) = (statistics.map { _ in 0.0 }, statistics.map { _ in 0.0 })
        for _ in 0..<repetitions {
            let drawn = try draw()
            for (index, statistic) in statistics.enumerated() {
                measured[index] += try #require(drawn[statistic])
                floors[index] += try #require(drawn.noiseFloor(statistic))
            }
        }
        return zip(measured, floors).map { $0 / $1 }
    }

    @Test(arguments: [(1_000, 500), (400, 1_600)])
    func `numeric samples of one distribution differ by the noise floor`(
        _ referenceRows: Int,
        _ windowRows: Int
    ) throws {
        var generator = SeededGenerator(seed: 12)
        func sample(_ rows: Int) -> [Double] {
            (0..<rows).map { _ in Double.random(in: 0..<1, using: &generator) }
        }
        let statistics: [Statistic] = [.ksStatistic, .jsDivergence, .psi]
        let quotients = try quotients(repetitions: 250, statistics) {
            try NumericReference(sample(referenceRows), resolution: .exact)
                .statistics(of: sample(windowRows))
        }
        // The limit law's mean is a little above that of finite samples for D.
        #expect((0.92...1.03).contains(quotients[0]), "D: \(quotients[0])")
        // The reference's own bins are even, so that its part of the noise is smaller than 1/n
        // only in their borders; the window's part is as expected.
        #expect((0.93...1.07).contains(quotients[1]), "JS: \(quotients[1])")
        #expect((0.93...1.10).contains(quotients[2]), "PSI: \(quotients[2])")
    }

    @Test
    func `categorical samples of one distribution differ by the noise floor`() throws {
        var generator = SeededGenerator(seed: 13)
        func sample(_ rows: Int) -> [String?] {
            (0..<rows).map { _ in
                // Uneven shares: 1/36, 2/36, … 8/36; the last is missing.
                let place = Int.random(in: 0..<36, using: &generator)
                let category = (1...8).first { place < $0 * ($0 + 1) / 2 } ?? 8
                return category == 8 ? nil : "\(category)"
            }
        }
        let statistics: [Statistic] = [.jsDivergence, .psi]
        let quotients = try quotients(repetitions: 250, statistics) {
            try CategoricalReference(sample(1_500)).statistics(of: sample(1_000))
        }
        #expect((0.92...1.08).contains(quotients[0]), "JS: \(quotients[0])")
        #expect((0.92...1.10).contains(quotients[1]), "PSI: \(quotients[1])")
    }

    @Test
    func `only three statistics have a floor, by these formulas`() throws {
        let reference = try NumericReference([.nan] + (1...100).map { Double($0) })
        let statistics = reference.statistics(of: (1...50).map { Double(2 * $0) } + [.nan, .nan])
        let floored = Statistic.allCases.filter { statistics.noiseFloor($0) != nil }
        #expect(floored == [.ksStatistic, .jsDivergence, .psi])
        let values = (1.0 / 100 + 1.0 / 50).squareRoot() * 0.868_731_160_636_159_1
        #expect(isClose(statistics.noiseFloor(.ksStatistic), values))
        let rows = (1.0 / 101 + 1.0 / 52) * 20
        #expect(isClose(statistics.noiseFloor(.psi), rows))
        #expect(isClose(statistics.noiseFloor(.jsDivergence), rows / (8 * 0.693_147_180_559_945_3)))
    }

    @Test
    func `bins empty on both sides do not count`() throws {
        let reference = try CategoricalReference(
            categories: ["a", "b", "c"],
            counts: [10, 10, 0],
            unseen: 0,
            missing: 0
        )
        let statistics = reference.statistics(ofCounts: [5, 5, 0, 0, 0])
        #expect(isClose(statistics.noiseFloor(.psi), 1.0 / 20 + 1.0 / 10))
    }
}
