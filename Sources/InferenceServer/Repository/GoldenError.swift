// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Inference
package import PredictionLog

/// Why golden rows refuse a model: they cannot be read, or the model answers them otherwise.
package enum GoldenError: Error, Sendable, Equatable {
    /// The text is no JSON, or has a value of another kind than the format.
    case malformed(ScanFault)
    /// A key that the format does not have.
    case unknownKey(String, nearest: String?)
    /// A key for the second time.
    case duplicateKey(String)
    /// There is no row.
    case noRows
    /// More rows than this.
    case tooManyRows(Int)
    /// Neither `probability` nor `prediction`.
    case noAnswers
    /// Another number of answers than rows.
    case count(key: String, found: Int, expected: Int)
    /// A tolerance that is negative or not finite.
    case tolerance(Double)
    /// A row, counted from 0, that the model does not take.
    case row(Int, FeatureRowError)
    /// Answers of a kind that the model does not give.
    case unfitting(key: String, row: Int, expected: String)
    /// The model cannot run the rows.
    case run(RunError)
    /// The model answers otherwise.
    case mismatch(GoldenMismatch)
}

/// The first row that a model answers otherwise than it ought to, and how bad the whole is.
package struct GoldenMismatch: Sendable, Equatable {
    /// The row, counted from 0.
    package let row: Int
    /// What was compared: `prediction`, `probability`, `probability of "1"`.
    package let what: String
    /// What the file says.
    package let expected: String
    /// What the model answers.
    package let found: String
    /// The absolute tolerance.
    package let tolerance: Double
    /// How many rows are answered otherwise.
    package let mismatches: Int
    /// How many rows there are.
    package let rows: Int
    /// The greatest difference of all rows: infinite for another label, NaN if the model gives no
    /// number.
    package let greatestDifference: Double
}

extension GoldenError: CustomStringConvertible {
    /// One sentence.
    package var description: String {
        switch self {
        case .malformed(let fault): "\(fault)"
        case .unknownKey(let key, let nearest?):
            "unknown key \"\(key)\"; did you mean \"\(nearest)\"?"
        case .unknownKey(let key, nil):
            "unknown key \"\(key)\"; expected rows, probability, prediction or tolerance"
        case .duplicateKey(let key): "\"\(key)\" is given twice"
        case .noRows: "expected \"rows\" with at least one row"
        case .tooManyRows(let limit): "expected at most \(limit) rows"
        case .noAnswers: "expected \"probability\" or \"prediction\""
        case .count(let key, let found, let expected):
            "expected as many elements of \"\(key)\" as rows, \(expected), found \(found)"
        case .tolerance(let value): "expected a tolerance of at least 0, found \(value)"
        case .row(let row, let error): "row \(row): \(error)"
        case .unfitting(let key, let row, let expected):
            "row \(row): expected \(expected) in \"\(key)\""
        case .run(let error): "the rows cannot be run: \(error)"
        case .mismatch(let mismatch): "\(mismatch)"
        }
    }
}

extension GoldenMismatch: CustomStringConvertible {
    /// One sentence.
    package var description: String {
        // Labels differ or they do not; they have no tolerance.
        "row \(row): expected \(what) \(expected), found \(found)"
            + (greatestDifference.isInfinite ? "" : ", tolerance \(tolerance)")
            + "; \(mismatches) of \(rows) rows differ"
            + (greatestDifference.isInfinite ? "" : ", by up to \(greatestDifference)")
    }
}
