// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// How well a regressor answers rows whose values are known.
package struct RegressorQuality: Sendable, Equatable {
    /// The rows.
    package let rows: Int
    /// The mean of |predicted − actual|, in the value's unit.
    package let meanAbsoluteError: Double
    /// √ of the mean of (predicted − actual)², in the value's unit.
    package let rootMeanSquaredError: Double

    /// Measures answers.
    ///
    /// - Parameters:
    ///   - predicted: The model's values.
    ///   - actual: The right ones.
    /// - Returns: nil without rows, or when the counts do not agree.
    /// - Complexity: O(rows).
    package init?(predicted: [Double], actual: [Double]) {
        guard !actual.isEmpty, predicted.count == actual.count else { return nil }
        let differences = zip(predicted, actual).map { $0 - $1 }
        rows = actual.count
        meanAbsoluteError = differences.map(abs).reduce(0, +) / Double(rows)
        let squares = differences.map { $0 * $0 }.reduce(0, +)
        rootMeanSquaredError = (squares / Double(rows)).squareRoot()
    }
}
