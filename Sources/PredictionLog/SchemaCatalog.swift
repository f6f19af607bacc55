// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The schemas that records are read by, found by model and version.
package struct SchemaCatalog: Sendable {
    /// The schemas, in the order given; batches and counts stand in the same order.
    package let schemas: [RecordSchema]
    /// Counts the replacements in an intake, so that scanners notice them.
    package internal(set) var generation: UInt64 = 0

    /// The schemas as the scanner reads by them.
    let readable: [ReadableSchema]
    private let names: TextTables

    /// Prepares schemas for reading.
    ///
    /// - Parameter schemas: Of two with the same model and version the first is found.
    /// - Complexity: O(bytes of all names and categories).
    package init(_ schemas: [RecordSchema]) {
        self.schemas = schemas
        readable = schemas.map(ReadableSchema.init)
        var names = TextTables()
        _ = names.add(schemas.map { Self.key(model: $0.model, version: $0.version) })
        self.names = names
    }

    /// The position of a model version's schema; `nil` if there is none.
    package func index(model: String, version: String) -> Int? {
        index(ofKey: Self.key(model: model, version: version))
    }

    /// Stands between model and version in a key; no byte of UTF-8.
    static let keySeparator: UInt8 = 0xFF

    private static func key(model: String, version: String) -> [UInt8] {
        Array(model.utf8) + [keySeparator] + Array(version.utf8)
    }

    /// The position by the bytes of model, separator and version.
    func index(ofKey key: [UInt8]) -> Int? {
        names.find(key.span, in: 0)
    }
}

/// A schema as the scanner reads by it; immutable and shared.
///
/// A class, so that using it in a record costs one count of references and not one for each array.
final class ReadableSchema: Sendable {
    /// How a column is read.
    enum Reading: Sendable {
        case numeric
        /// By the table of its categories; their number is the cell of an unseen one.
        case categorical(table: Int, categoryCount: UInt16)
    }

    /// Cells are `UInt16`, and three of them stand for unseen, missing and, for a while, invalid.
    private static let mostCategories = 65_533

    /// How the columns are read, the prediction last if there is one.
    let readings: [Reading]
    /// The number of features: the columns without the prediction.
    let featureCount: Int
    /// The column of the prediction, if there is one.
    let prediction: Int?
    /// The cell of a missing value by column; 0 for a numeric one.
    let missingCells: [UInt16]
    /// The names of the features.
    let names: KeySet
    /// The categories of the categorical columns.
    let categories: TextTables

    init(_ schema: RecordSchema) {
        var tables = TextTables()
        func reading(_ kind: RecordSchema.Kind) -> Reading {
            switch kind {
            case .numeric: .numeric
            case .categorical(let categories):
                .categorical(
                    table: tables.add(
                        categories.prefix(Self.mostCategories).map { Array($0.utf8) }
                    ),
                    categoryCount: UInt16(min(categories.count, Self.mostCategories))
                )
            }
        }
        var readings = schema.features.map { reading($0.kind) }
        if let prediction = schema.prediction { readings.append(reading(prediction)) }
        self.readings = readings
        missingCells = readings.map { reading in
            if case .categorical(_, let categoryCount) = reading { categoryCount + 1 } else { 0 }
        }
        featureCount = schema.features.count
        prediction = schema.prediction == nil ? nil : featureCount
        names = KeySet(schema.features.map(\.name))
        categories = tables
    }
}
