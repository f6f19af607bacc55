// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftStatistics
package import PredictionLog

/// How a training table becomes a reference: which column is what, and how finely it is kept.
package struct ReferenceRecipe: Sendable, Equatable {
    package var model: String
    package var version: String
    /// The column that holds the model's prediction.
    ///
    /// In records it is `prediction` unless named otherwise; in flat rows there is none unless
    /// named.
    package var prediction: String?
    /// Columns that are no features.
    package var ignored: Set<String>
    /// Kinds that are not to be inferred.
    package var kinds: [String: FeatureKind]
    package var resolution: Resolution
    /// Categories with fewer rows than this are folded into the unseen ones; 0 and 1 fold none.
    package var minimumCategoryRows: Int
    /// Numeric columns rounded to single precision, for producers that log it.
    package var float32: Set<String>

    package init(
        model: String,
        version: String,
        prediction: String? = nil,
        ignored: Set<String> = [],
        kinds: [String: FeatureKind] = [:],
        resolution: Resolution = .knots(1_024),
        minimumCategoryRows: Int = 0,
        float32: Set<String> = []
    ) {
        self.model = model
        self.version = version
        self.prediction = prediction
        self.ignored = ignored
        self.kinds = kinds
        self.resolution = resolution
        self.minimumCategoryRows = minimumCategoryRows
        self.float32 = float32
    }

    /// Builds the reference.
    ///
    /// The order of the rows does not matter. Features keep the order of a CSV header; those of
    /// NDJSON, where the first rows would decide, are sorted by the bytes of their names.
    ///
    /// - Parameters:
    ///   - table: The rows.
    ///   - format: What the table was read from.
    /// - Returns: The reference, and what is worth knowing of each feature, in its order.
    /// - Throws: `ReferenceRecipeError`.
    /// - Complexity: O(cells · log(rows)).
    package func build(
        from table: TrainingTable,
        format: TableReader.Format
    ) throws(ReferenceRecipeError) -> (reference: Reference, features: [BuiltFeature]) {
        guard table.rows > 0 else { throw .noRows }
        try checkNames(of: table.columns)
        let prediction = try predictionColumn(in: table.columns)
        var indices = table.columns.indices.filter { index in
            let column = table.columns[index]
            return column.place != .envelope && index != prediction
                && !ignored.contains(column.name)
        }
        guard !indices.isEmpty else { throw .noFeatures }
        if format == .ndjson {
            indices.sort { first, second in
                let names = (table.columns[first].name.utf8, table.columns[second].name.utf8)
                return names.0.lexicographicallyPrecedes(names.1)
            }
        }
        var built: [BuiltFeature] = []
        for index in indices + [prediction].compactMap(\.self) {
            let column = table.columns[index].name
            let name = index == prediction ? Reference.predictionName : column
            built.append(try build(column, as: name, table.cells[index]))
        }
        do {
            let reference = try Reference(
                model: model,
                version: version,
                rows: table.rows,
                features: built.map(\.reference)
            )
            return (reference, built)
        } catch {
            throw .reference(feature: nil, error)
        }
    }

    /// Every name that an option mentions must be a column.
    private func checkNames(of columns: [TableColumn]) throws(ReferenceRecipeError) {
        let known = columns.map(\.name)
        let mentions: [(ReferenceRecipeError.Option, [String])] = [
            (.prediction, [prediction].compactMap(\.self)),
            (.ignore, ignored.sorted()),
            (.kind, kinds.keys.sorted()),
            (.float32, float32.sorted()),
        ]
        for (option, names) in mentions {
            for name in names where !known.contains(name) {
                throw .unknownColumn(name, option, nearest: NearestName.of(name, among: known))
            }
        }
    }

    /// The column of the prediction, if the table has one.
    private func predictionColumn(
        in columns: [TableColumn]
    ) throws(ReferenceRecipeError) -> Int? {
        let name = prediction ?? Reference.predictionName
        let inEnvelope = columns.firstIndex(of: TableColumn(name, .envelope))
        let inFields = columns.firstIndex { $0.name == name && $0.place != .envelope }
        let reserved = columns.firstIndex {
            $0.name == Reference.predictionName && $0.place != .envelope
        }
        let claimed = inEnvelope ?? (prediction == nil ? nil : inFields)
        if let reserved, reserved != claimed, !ignored.contains(Reference.predictionName) {
            throw .unclaimedPrediction
        }
        if prediction == nil, ignored.contains(Reference.predictionName) { return nil }
        return claimed
    }

    private func build(
        _ column: String,
        as name: String,
        _ cells: [Cell]
    ) throws(ReferenceRecipeError) -> BuiltFeature {
        let kind = kinds[column] ?? FeatureKind(inferredFrom: cells)
        if kind == .categorical, float32.contains(column) { throw .notNumeric(column) }
        do {
            switch kind {
            case .numeric:
                var values = cells.map { $0.number ?? .nan }
                if float32.contains(column) { values = values.map { Double(Float($0)) } }
                let numeric = try NumericReference(values, resolution: resolution)
                return BuiltFeature(name: name, numeric, cells)
            case .categorical:
                let texts = Cell.categories(of: cells)
                let categorical = try CategoricalReference(texts, foldBelow: minimumCategoryRows)
                return BuiltFeature(name: name, categorical, cells)
            }
        } catch {
            throw .reference(feature: column, error)
        }
    }
}
