// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// A feature as clients address it, and where its value goes in the model's inputs.
package struct ServedFeature: Sendable, Equatable {
    /// How its values are read.
    package enum Kind: String, Sendable, Equatable {
        /// Any finite number; `null` is missing.
        case numeric
        /// A whole number; there is no missing one.
        case integer
        /// A text, or a number by its canonical text; `null` is missing.
        case categorical
    }

    /// The key in `features`.
    package var name: String
    /// How its values are read.
    package var kind: Kind
    /// The least value that is taken; nil takes all.
    package var minimum: Double?
    /// The greatest value that is taken; nil takes all.
    package var maximum: Double?
    /// The texts that are taken; nil takes all.
    package var categories: [String]?
    /// Which of the model's inputs holds it.
    package var input: Int
    /// Its place in a row of that input.
    package var column: Int

    /// Describes a feature.
    package init(
        name: String,
        kind: Kind,
        minimum: Double? = nil,
        maximum: Double? = nil,
        categories: [String]? = nil,
        input: Int,
        column: Int
    ) {
        self.name = name
        self.kind = kind
        self.minimum = minimum
        self.maximum = maximum
        self.categories = categories
        self.input = input
        self.column = column
    }
}
