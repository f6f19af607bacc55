// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics
import TestSupport

/// Values at which comparing, ordering or subtracting doubles could go wrong.
let awkwardValues: [Double] = [
    -.infinity, -.greatestFiniteMagnitude, -1.5, -1, (-1.0).nextUp, -.leastNormalMagnitude,
    -.leastNonzeroMagnitude, -0.0, 0.0, .leastNonzeroMagnitude, 2 * .leastNonzeroMagnitude,
    .leastNormalMagnitude, 1, 1.0.nextUp, 1.5, .greatestFiniteMagnitude, .infinity, .nan,
]

extension SeededGenerator {
    /// A column of values that occur several times each, of up to `count` rows and at least one.
    mutating func column(upTo count: Int) -> [Double] {
        let pool = (0...Int.random(in: 0...8, using: &self)).compactMap { _ in
            awkwardValues.randomElement(using: &self)
        }
        return (0..<Int.random(in: 1...count, using: &self)).compactMap { _ in
            pool.randomElement(using: &self)
        }
    }

    /// A number of the standard normal distribution, near enough: twelve uniform ones, less six.
    mutating func normal() -> Double {
        (0..<12).reduce(-6) { sum, _ in sum + Double.random(in: 0..<1, using: &self) }
    }
}

extension NumericReference {
    /// The rows of a window in each cell, the missing cell last.
    func counts(of window: [Double]) -> [UInt64] {
        let index = CellIndex(knots: knots)
        var counts = [UInt64](repeating: 0, count: cellCounts.count + 1)
        for value in window { counts[Int(index.cell(of: value))] += 1 }
        return counts
    }

    /// The statistics of a window.
    func statistics(of window: [Double]) -> FeatureStatistics {
        let feature = FeatureReference(name: "x", distribution: .numeric(self))
        return FeatureEvaluator(feature).statistics(of: counts(of: window).span)
    }
}

extension CategoricalReference {
    /// The rows of a window in each cell: categories, unseen, missing.
    func counts(of window: [String?]) -> [UInt64] {
        var counts = [UInt64](repeating: 0, count: categories.count + 2)
        for value in window {
            guard let value else {
                counts[categories.count + 1] += 1
                continue
            }
            let known = categories.firstIndex { $0.utf8.elementsEqual(value.utf8) }
            counts[known ?? categories.count] += 1
        }
        return counts
    }

    /// The statistics of a window.
    func statistics(of window: [String?]) -> FeatureStatistics {
        statistics(ofCounts: counts(of: window))
    }

    /// The statistics of a window of which the counts are known.
    func statistics(ofCounts counts: [UInt64]) -> FeatureStatistics {
        let feature = FeatureReference(name: "x", distribution: .categorical(self))
        return FeatureEvaluator(feature).statistics(of: counts.span)
    }
}
