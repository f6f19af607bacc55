// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import PredictionLog

/// Why a row of feature values cannot be given to a model.
package struct FeatureRowError: Error, Sendable, Equatable {
    /// What is wrong.
    package enum Problem: Sendable, Equatable {
        /// The text is no JSON.
        case malformed(ScanFault)
        /// Neither an object nor an array.
        case notFeatures
        /// An array of another length than there are features.
        case length(found: Int, expected: Int)
        /// The row has no such feature.
        case missing
        /// The value is of another kind than the feature's.
        case kind(ServedFeature.Kind)
        /// Infinite, NaN or beyond the range of the input's type.
        case notFinite
        /// Less than the least value.
        case below(Double, minimum: Double)
        /// More than the greatest value.
        case above(Double, maximum: Double)
        /// None of the feature's categories.
        case category(String)
    }

    /// What is wrong.
    package let problem: Problem
    /// The feature; nil for the row as a whole.
    package let feature: String?

    /// Names a problem and the feature that has it.
    package init(_ problem: Problem, feature: String? = nil) {
        self.problem = problem
        self.feature = feature
    }

    /// The fault of a value that is not what the feature's kind takes.
    static func kind(of feature: ServedFeature) -> FeatureRowError {
        FeatureRowError(.kind(feature.kind), feature: feature.name)
    }
}

extension FeatureRowError: CustomStringConvertible {
    /// One sentence: the feature, what was found and what was expected.
    package var description: String {
        let about = feature.map { "feature \"\($0)\": " } ?? ""
        return about + problem.description
    }
}

extension FeatureRowError.Problem: CustomStringConvertible {
    /// The sentence without the feature.
    package var description: String {
        switch self {
        case .malformed(let fault): "\(fault)"
        case .notFeatures: "expected an object or an array of features"
        case .length(let found, let expected): "expected \(expected) features, found \(found)"
        case .missing: "expected a value, found none"
        case .kind(.numeric): "expected a number or nothing"
        case .kind(.integer): "expected a whole number"
        case .kind(.categorical): "expected a text, a number or nothing"
        case .notFinite: "expected a finite number"
        case .below(let value, let minimum): "expected at least \(minimum), found \(value)"
        case .above(let value, let maximum): "expected at most \(maximum), found \(value)"
        case .category(let text): "expected one of its categories, found \"\(text)\""
        }
    }
}
