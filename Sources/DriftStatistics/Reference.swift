// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// One model version's reference: what its features and predictions looked like in training.
package struct Reference: Sendable, Equatable {
    /// The name under which the prediction is a feature; no other feature may have it.
    package static let predictionName = "prediction"

    /// The most rows a feature may be counted over, so that every count is exact as a double.
    package static let maximumRows: UInt64 = 1 << 53

    /// The model's name, not empty.
    package let model: String
    /// The model version's name, not empty.
    package let version: String
    /// How many rows every feature was counted over, at least 1.
    package let rows: Int
    /// The features in the reference's order; the prediction, if there is one, is the last.
    package let features: [FeatureReference]

    /// Puts a reference together from features that nobody vouches for.
    ///
    /// - Parameters:
    ///   - model: The model's name, not empty.
    ///   - version: The model version's name, not empty.
    ///   - rows: The rows of every feature, at least 1.
    ///   - features: At least one; names are not empty and differ, and `prediction` is the last.
    /// - Throws: The first fault found, `rowsDiffer` if a feature's counts do not sum to `rows`.
    /// - Complexity: O(cells).
    package init(
        model: String,
        version: String,
        rows: Int,
        features: [FeatureReference]
    ) throws(ReferenceError) {
        guard !model.isEmpty else { throw .emptyModel }
        guard !version.isEmpty else { throw .emptyVersion }
        guard rows >= 1 else { throw .noRows }
        guard !features.isEmpty else { throw .noFeatures }
        var names: Set<String> = []
        for (index, feature) in features.enumerated() {
            guard !feature.name.isEmpty else { throw .emptyFeatureName(index: index) }
            guard names.insert(feature.name).inserted else {
                throw .duplicateFeature(feature.name)
            }
            guard feature.name != Self.predictionName || index == features.count - 1 else {
                throw .predictionNotLast(index: index)
            }
            let found = feature.counts.reduce(0, +)
            guard found == UInt64(rows) else {
                throw .rowsDiffer(feature: feature.name, found: found, expected: rows)
            }
        }
        self.model = model
        self.version = version
        self.rows = rows
        self.features = features
    }

    /// The prediction's reference, if there is one.
    package var prediction: FeatureReference? {
        features.last { $0.name == Self.predictionName }
    }
}
