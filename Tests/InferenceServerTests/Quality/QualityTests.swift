// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import InferenceServer
import TestSupport
import Testing

/// Against scikit-learn's figures (Fixtures/quality/make_cases.py).
struct QualityTests {
    private struct Cases: Decodable {
        struct Classifier: Decodable {
            var classes: Int
            var probabilities: [Double]
            var labels: [Int]
            var actual: [Int]
            var accuracy: Double
            var auc: Double
            var log_loss: Double
        }
        struct Regressor: Decodable {
            var actual: [Double]
            var predicted: [Double]
            var mae: Double
            var rmse: Double
        }
        var classifiers: [Classifier]
        var regressors: [Regressor]
    }

    private static func cases() throws -> Cases {
        let data = Data(try Fixture.bytes("quality/cases.json"))
        return try JSONDecoder().decode(Cases.self, from: data)
    }

    @Test
    func `classifiers have scikit-learn's accuracy, area and loss`() throws {
        let cases = try Self.cases().classifiers
        #expect(cases.count == 8)
        for it in cases {
            let quality = try #require(
                ClassifierQuality(
                    probabilities: it.probabilities,
                    classCount: it.classes,
                    labels: it.labels,
                    actual: it.actual
                )
            )
            #expect(quality.rows == it.actual.count)
            #expect(quality.accuracy == it.accuracy)
            #expect(isClose(quality.rocArea, it.auc))
            #expect(isClose(quality.logLoss, it.log_loss))
        }
    }

    @Test
    func `regressors have scikit-learn's errors`() throws {
        let cases = try Self.cases().regressors
        #expect(cases.count == 3)
        for it in cases {
            let quality = try #require(RegressorQuality(predicted: it.predicted, actual: it.actual))
            #expect(isClose(quality.meanAbsoluteError, it.mae))
            #expect(isClose(quality.rootMeanSquaredError, it.rmse))
        }
    }

    @Test
    func `the area is the share of pairs in the right order, ties a half`() throws {
        var random = SeededGenerator(seed: 10)
        for _ in 0..<200 {
            let count = Int.random(in: 2...12, using: &random)
            let scores = (0..<count).map { _ in Double(Int.random(in: 0...3, using: &random)) }
            let positives = (0..<count).map { _ in Bool.random(using: &random) }
            var (pairs, right) = (0, 0.0)
            for (score, isPositive) in zip(scores, positives) where isPositive {
                for (other, isPositive) in zip(scores, positives) where !isPositive {
                    pairs += 1
                    right += score > other ? 1 : score == other ? 0.5 : 0
                }
            }
            let area = RankStatistic.rocArea(scores: scores, positives: positives)
            #expect(isClose(area, pairs == 0 ? nil : right / Double(pairs)))
        }
    }

    @Test
    func `what cannot be measured is nil`() {
        #expect(RankStatistic.rocArea(scores: [], positives: []) == nil)
        #expect(RankStatistic.rocArea(scores: [1, 2], positives: [true, true]) == nil)
        #expect(RankStatistic.rocArea(scores: [1, .nan], positives: [true, false]) == nil)
        #expect(RegressorQuality(predicted: [], actual: []) == nil)
        let none = ClassifierQuality(probabilities: [], classCount: 2, labels: [], actual: [])
        #expect(none == nil)
        let oneClass = ClassifierQuality(
            probabilities: [0, 1, 0, 1],
            classCount: 2,
            labels: [1, 1],
            actual: [1, 0]
        )
        // A sure and wrong answer costs 52 ln 2.
        #expect(isClose(oneClass?.logLoss, 26 * log(2)))
    }
}
