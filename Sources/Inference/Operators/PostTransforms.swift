// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

extension TreeEnsembleAttributes.PostTransform {
    /// Transforms the scores of one row of a linear model, in place.
    func apply(to scores: inout MutableSpan<Float>) {
        switch self {
        case .none: break
        case .logistic:
            for index in scores.indices {
                scores[index] = Float(UnaryFunction.logistic(Double(scores[index])))
            }
        case .softmax: softmaxOfRun(&scores, from: 0, step: 1, count: scores.count)
        case .softmaxZero: Self.softmaxOfOthersThanZero(&scores)
        case .probit:
            for index in scores.indices { scores[index] = Self.probit(scores[index]) }
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

    /// √2 · erf⁻¹(2p − 1), by the approximation that ONNX Runtime uses.
    ///
    /// Source: S. Winitzki, "A handy approximation for the error function and its inverse", 2008.
    private static func probit(_ probability: Float) -> Float {
        let x = 2 * probability - 1
        let logarithm = logf((1 - x) * (1 + x))
        let half = 2 / (3.14159 * 0.147) + 0.5 * logarithm
        let root = (-half + (half * half - 1 / 0.147 * logarithm).squareRoot()).squareRoot()
        return 1.414_213_56 * (x < 0 ? -root : root)
    }
}
