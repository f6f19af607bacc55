// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The area under the ROC curve by ranks.
package enum RankStatistic {
    /// The area under the ROC curve: the probability that a positive row scores higher than a
    /// negative one, a tie counting one half.
    ///
    /// AUC = (R − p(p+1)/2) / (p·n), with R the sum of the positive rows' ranks among all p+n, from
    /// 1, and equal scores sharing the mean of their ranks. It is the Mann–Whitney U statistic over
    /// its maximum (Mann & Whitney 1947; Hanley & McNeil 1982, equation 1), and exact: nothing is
    /// interpolated.
    ///
    /// - Parameters:
    ///   - scores: A score a row; none is NaN.
    ///   - positives: Whether each row is positive; as many as scores.
    /// - Returns: A value in [0, 1]; nil without a positive or without a negative row, or with a NaN.
    /// - Complexity: O(rows × log rows).
    package static func rocArea(scores: [Double], positives: [Bool]) -> Double? {
        let pairs = zip(scores, positives).sorted { $0.0 < $1.0 }
        guard !pairs.contains(where: { $0.0.isNaN }) else { return nil }
        let positiveCount = pairs.count { $0.1 }
        let negativeCount = pairs.count - positiveCount
        guard positiveCount > 0, negativeCount > 0 else { return nil }
        // Twice the ranks are whole numbers: halves come from ties only.
        var doubledRanks = 0
        var start = 0
        while start < pairs.count {
            var end = start + 1
            while end < pairs.count, pairs[end].0 == pairs[start].0 { end += 1 }
            let positivesHere = pairs[start..<end].count { $0.1 }
            doubledRanks += positivesHere * (start + 1 + end)
            start = end
        }
        let doubledStatistic = doubledRanks - positiveCount * (positiveCount + 1)
        return Double(doubledStatistic) / 2 / (Double(positiveCount) * Double(negativeCount))
    }
}
