// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// How well a classifier answers rows whose classes are known.
package struct ClassifierQuality: Sendable, Equatable {
    /// The rows.
    package let rows: Int
    /// The share of rows whose label is right, in [0, 1].
    package let accuracy: Double
    /// The area under the ROC curve, in [0, 1]: of the second of two classes; of several classes the
    /// mean over the classes, each against the rest, unweighted. nil when a class has no row, or all
    /// rows, or a probability is NaN.
    package let rocArea: Double?
    /// The mean of −ln of the right class's probability, ≥ 0, with probabilities kept within
    /// [ε, 1−ε], ε = 2⁻⁵²: a sure and wrong answer costs 36, not everything.
    package let logLoss: Double

    /// Measures answers.
    ///
    /// - Parameters:
    ///   - probabilities: Rows × classes, row-major, each in [0, 1].
    ///   - classCount: The classes, ≥ 2.
    ///   - labels: The class that the model says, a row.
    ///   - actual: The class that is right, a row.
    /// - Returns: nil without rows, or when the counts do not agree.
    /// - Complexity: O(rows × classes × log rows).
    package init?(probabilities: [Double], classCount: Int, labels: [Int], actual: [Int]) {
        guard !actual.isEmpty, labels.count == actual.count, classCount > 1,
            probabilities.count == actual.count * classCount
        else { return nil }
        rows = actual.count
        accuracy = Double(zip(labels, actual).count { $0 == $1 }) / Double(actual.count)
        let loss = actual.enumerated().reduce(0.0) { sum, row in
            let probability = probabilities[row.offset * classCount + row.element]
            return sum - Self.logarithm(of: probability)
        }
        logLoss = loss / Double(actual.count)
        let areas = (classCount == 2 ? 1..<2 : 0..<classCount).map { position in
            RankStatistic.rocArea(
                scores: actual.indices.map { probabilities[$0 * classCount + position] },
                positives: actual.map { $0 == position }
            )
        }
        let known = areas.compactMap(\.self)
        rocArea =
            known.count == areas.count ? known.reduce(0, +) / Double(known.count) : nil
    }

    private static func logarithm(of probability: Double) -> Double {
        let least = 0x1p-52
        return log(min(max(probability, least), 1 - least))
    }
}
