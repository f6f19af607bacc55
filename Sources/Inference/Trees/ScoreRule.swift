// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Makes the votes of a row into what ONNX calls its scores: the aggregate of each target with its
/// base value, transformed; of a classifier one number a class.
///
/// Where the standard is silent, and where it is not, the answer is ONNX Runtime's (1.32): it is
/// what the users of a model have seen. Where that leaves memory unwritten, the answer is that of
/// the `onnx` package's reference evaluator.
struct ScoreRule: Sendable {
    private typealias PostTransform = TreeEnsembleAttributes.PostTransform

    /// Targets of a regressor, classes of a classifier.
    let width: Int
    private let isClassifier: Bool
    private let base: [Double]
    private let transform: PostTransform
    private let divisor: Double
    /// Whether all votes of two classes are for one and the same, so that the other's score has to
    /// be made up.
    private let hasOneVotedClass: Bool
    private let hasNegativeWeights: Bool

    /// Takes over the attributes that concern scores.
    ///
    /// - Throws: `TreeEnsembleFault` if the number of targets or of base values is not possible.
    init(
        _ attributes: TreeEnsembleAttributes,
        as kind: TreeEnsemble.Kind,
        treeCount: Int,
        limits: TreeEnsembleLimits
    ) throws(TreeEnsembleFault) {
        width = attributes.targetCount
        guard 1...limits.targets ~= width else {
            throw .targetCount(found: width, limit: limits.targets)
        }
        isClassifier = kind == .classifier
        base = attributes.baseValues
        guard base.isEmpty || base.count == width || isClassifier && width == 2 && base.count == 1
        else { throw .baseValues(found: base.count, targets: width) }
        transform = attributes.postTransform
        divisor = !isClassifier && attributes.aggregation == .average ? Double(treeCount) : 1
        let first = attributes.voteTargetIDs.first
        hasOneVotedClass = attributes.voteTargetIDs.allSatisfy { $0 == first } && first != nil
        hasNegativeWeights = attributes.voteWeights.contains { $0 < 0 }
    }

    /// Writes the scores of a row.
    ///
    /// - Parameters:
    ///   - sums: The aggregate of the votes for each target, 0 without votes; overwritten.
    ///   - isVoted: Whether a vote for the target was met in this row.
    ///   - output: `width` numbers.
    func finish(
        _ sums: inout MutableSpan<Double>,
        isVoted: Span<Bool>,
        into output: inout MutableSpan<Float>
    ) {
        if isClassifier, width == 2, finishTwoClasses(&sums, isVoted, &output) { return }
        if width == 1 {
            // With one target only the probit transform is applied.
            let score = sums[0] / divisor + (base.first ?? 0)
            output[0] = Float(
                transform == .probit ? PostTransform.probit(score) : score
            )
            return
        }
        for target in sums.indices {
            let score = sums[target] / divisor
            if isClassifier && width > 2 {
                sums[target] = base.isEmpty ? score : score + base[target]
            } else {
                sums[target] = !isVoted[target] ? 0 : base.isEmpty ? score : score + base[target]
            }
        }
        apply(&sums, &output)
    }

    /// The rules for two classes; false leaves the row to the rule for many.
    private func finishTwoClasses(
        _ sums: inout MutableSpan<Double>,
        _ isVoted: Span<Bool>,
        _ output: inout MutableSpan<Float>
    ) -> Bool {
        if base.count == 2 {
            guard isVoted[1] else { return false }
            sums[1] = base[1] + sums[0]
            sums[0] = isVoted[0] ? -sums[1] : 0
            apply(&sums, &output)
            return true
        }
        let base = base.first ?? 0
        sums[0] = isVoted[0] ? sums[0] + base : 0
        if isVoted[1] {
            apply(&sums, &output)
            return true
        }
        let score = sums[0]
        switch transform {
        case .logistic:
            output[0] = Float(Self.logistic(-score))
            output[1] = Float(Self.logistic(score))
        case .probit:
            output[0] = Float(PostTransform.probit(1 - score))
            output[1] = Float(PostTransform.probit(score))
        case .none, .softmax, .softmaxZero:
            let isProbability = hasOneVotedClass && !hasNegativeWeights
            output[0] = Float(isProbability ? 1 - score : -score)
            output[1] = Float(score)
        }
        return true
    }

    private func apply(_ scores: inout MutableSpan<Double>, _ output: inout MutableSpan<Float>) {
        switch transform {
        case .none: break
        case .logistic:
            for index in scores.indices { scores[index] = Self.logistic(scores[index]) }
        case .probit:
            for index in scores.indices {
                scores[index] = PostTransform.probit(scores[index])
            }
        case .softmax: Self.softmax(&scores, keepsZero: false)
        case .softmaxZero: Self.softmax(&scores, keepsZero: true)
        }
        for index in scores.indices { output[index] = Float(scores[index]) }
    }

    private static func logistic(_ score: Double) -> Double {
        1 / (1 + exp(-score))
    }

    /// e^x over its sum; with `keepsZero` scores within 1e-7 of 0 stay out of it.
    private static func softmax(_ scores: inout MutableSpan<Double>, keepsZero: Bool) {
        var highest = -Double.greatestFiniteMagnitude
        for index in scores.indices where scores[index] > highest { highest = scores[index] }
        var sum = 0.0
        for index in scores.indices {
            if keepsZero, !(abs(scores[index]) > 1e-7) {
                scores[index] *= exp(-highest)
            } else {
                scores[index] = exp(scores[index] - highest)
                sum += scores[index]
            }
        }
        for index in scores.indices { scores[index] /= sum }
    }
}
