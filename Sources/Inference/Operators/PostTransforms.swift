// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

extension TreeEnsembleAttributes.PostTransform {
    /// Transforms the scores of a linear model in place, `width` a row.
    func apply(to scores: inout MutableSpan<Float>, width: Int) {
        switch self {
        case .none: break
        case .logistic:
            for index in scores.indices { scores[index] = Self.logistic(scores[index]) }
        case .probit:
            for index in scores.indices {
                scores[index] = Float(Self.probit(Double(scores[index])))
            }
        case .softmax:
            for first in stride(from: 0, to: scores.count, by: width) {
                softmaxOfRun(&scores, from: first, step: 1, count: width)
            }
        case .softmaxZero:
            for first in stride(from: 0, to: scores.count, by: width) {
                var row = scores._mutatingExtracting(first..<first + width)
                Self.softmaxOfOthersThanZero(&row)
            }
        }
    }

    /// 1 / (1 + e^−x); the exponential is rounded to a float, which takes two thirds of the time.
    @inline(__always)
    private static func logistic(_ score: Float) -> Float {
        Float(1 / (1 + Double(expf(-score))))
    }

    /// Makes of every second number, a score, the logistic function of it and, before, that of its
    /// negative, with one exponential for both.
    static func completeLogisticPairs(_ scores: inout MutableSpan<Float>) {
        for place in 0..<scores.count / 2 {
            // Of e^89 there is no float; beyond, the positive's function is below 1e-38.
            let power = Double(expf(min(-scores[2 * place + 1], 88)))
            let positive = 1 / (1 + power)
            scores[2 * place] = Float(power * positive)
            scores[2 * place + 1] = Float(positive)
        }
    }

    /// e^x over its sum, where scores within 1e-7 of 0 stay out.
    private static func softmaxOfOthersThanZero(_ scores: inout MutableSpan<Float>) {
        var greatest = -Float.infinity
        for index in scores.indices { greatest = max(greatest, scores[index]) }
        var sum: Float = 0
        for index in scores.indices {
            if abs(scores[index]) > 1e-7 {
                scores[index] = expf(scores[index] - greatest)
                sum += scores[index]
            } else {
                scores[index] *= expf(-greatest)
            }
        }
        for index in scores.indices { scores[index] /= sum }
    }

    /// √2 · erf⁻¹(2p − 1), by ONNX Runtime's approximation, with its constants.
    ///
    /// Source: S. Winitzki, "A handy approximation for the error function and its inverse", 2008.
    static func probit(_ probability: Double) -> Double {
        // A float, as there: it decides what is still 0 or 1, and so infinite.
        let x = Double(2 * Float(probability) - 1)
        let logarithm = log((1 - x) * (1 + x))
        let half = 2 / (3.14159 * 0.147) + 0.5 * logarithm
        let root = (-half + (half * half - 1 / 0.147 * logarithm).squareRoot()).squareRoot()
        return 1.414_213_56 * (x < 0 ? -root : root)
    }
}
