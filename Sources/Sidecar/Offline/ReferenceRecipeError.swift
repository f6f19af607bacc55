// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftStatistics

/// Why a table does not become a reference.
package enum ReferenceRecipeError: Error, Sendable, Equatable {
    /// The option that named a column, as the command line spells it.
    package enum Option: String, Sendable {
        case prediction, ignore, kind, float32
    }

    /// The table has no rows, or none whose outcome was `ok`.
    case noRows

    /// Every column was ignored, or is the prediction.
    case noFeatures

    /// An option names a column that the table does not have.
    case unknownColumn(String, Option, nearest: String?)

    /// A column bears the prediction's reserved name and nobody said that it is the prediction.
    case unclaimedPrediction

    /// A column to be rounded to single precision is categorical.
    case notNumeric(String)

    /// The reference refuses the column, or the whole.
    case reference(feature: String?, ReferenceError)
}

extension ReferenceRecipeError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noRows:
            "the table has no rows to build a reference from"
        case .noFeatures:
            "no column is left as a feature"
        case .unknownColumn(let name, let option, let nearest):
            "--\(option.rawValue): there is no column '\(name)'"
                + (nearest.map { "; did you mean '\($0)'?" } ?? "")
        case .unclaimedPrediction:
            "the column 'prediction' is not a feature: say --prediction prediction if it is the "
                + "model's prediction, or --ignore prediction"
        case .notNumeric(let name):
            "--float32: the column '\(name)' is categorical"
        case .reference(let feature?, let error):
            "the column '\(feature)': \(error)"
        case .reference(nil, let error):
            "\(error)"
        }
    }
}
