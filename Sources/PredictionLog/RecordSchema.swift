// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What a record of one model version looks like: the columns that a reference knows.
package struct RecordSchema: Sendable, Equatable {
    /// How the values of a column are read.
    package enum Kind: Sendable, Equatable {
        /// Numbers; booleans are 0 and 1.
        case numeric
        /// One of these texts, compared as UTF-8 bytes; the position is the cell.
        case categorical([String])
    }

    /// A feature under its name.
    package struct Column: Sendable, Equatable {
        /// The key in `features`.
        package let name: String
        /// How its values are read.
        package let kind: Kind

        /// Names a feature and says how it is read.
        package init(name: String, kind: Kind) {
            self.name = name
            self.kind = kind
        }
    }

    /// The model's name.
    package let model: String
    /// The model's version.
    package let version: String
    /// The features in the reference's order, without the prediction.
    package let features: [Column]
    /// How the prediction is read; `nil` when the reference has none.
    package let prediction: Kind?

    /// Describes the records of one model version.
    ///
    /// - Parameters:
    ///   - model: The model's name.
    ///   - version: The model's version.
    ///   - features: The features in the reference's order; of two with one name the first is read.
    ///   - prediction: How the prediction is read; `nil` skips it.
    package init(model: String, version: String, features: [Column], prediction: Kind?) {
        self.model = model
        self.version = version
        self.features = features
        self.prediction = prediction
    }

    /// The number of columns: the features and, last, the prediction if there is one.
    package var columnCount: Int { features.count + (prediction == nil ? 0 : 1) }
}
