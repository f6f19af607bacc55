// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftStatistics
package import PredictionLog

/// What each column of a table is in a record, so that a row can be logged.
///
/// With a reference, its features decide: what it does not know is left out. Without one every
/// column is a feature but for the time, the identifier, the prediction and those ignored.
package struct RowMapping: Sendable {
    /// What a column is in a record.
    enum Role: Sendable, Equatable {
        case ignored
        case time
        case identifier
        case model
        case version
        case outcome
        case prediction(Reading)
        case feature(Reading)
    }

    /// How the cells of a column become values.
    enum Reading: Sendable, Equatable {
        /// As JSON has them: numbers are numbers and texts texts.
        case typed
        /// Numbers where they are numbers, texts where they are not.
        case numeric
        /// Texts as they are spelt.
        case text
        /// The spelling where it is one of the categories, else a number's canonical text.
        case category(known: Set<String>)
    }

    /// The name of the column of the event time.
    package let time: String
    private let prediction: String
    private let ignored: Set<String>
    private let reference: Reference?
    /// The readings of the columns of a CSV table without a reference; absent ones are numeric.
    private let kinds: [String: FeatureKind]

    private let isTyped: Bool
    private var readings: [String: Reading] = [:]

    /// - Parameters:
    ///   - format: What the table is: NDJSON says of each value whether it is a number.
    ///   - reference: The reference to read for; `nil` to read the table as it is.
    ///   - kinds: Without a reference, the kinds of CSV columns; others are numeric.
    ///   - time: The column of the event time.
    ///   - prediction: The column of the prediction.
    ///   - ignored: Columns to leave out.
    package init(
        format: TableReader.Format,
        reference: Reference?,
        kinds: [String: FeatureKind] = [:],
        time: String,
        prediction: String,
        ignored: Set<String> = []
    ) {
        isTyped = format == .ndjson
        self.reference = reference
        self.kinds = kinds
        self.time = time
        self.prediction = prediction
        self.ignored = ignored
        for feature in reference?.features ?? [] {
            switch feature.distribution {
            case .numeric: readings[feature.name] = .numeric
            case .categorical(let categorical):
                readings[feature.name] = .category(known: Set(categorical.categories))
            }
        }
    }

    /// What a column is.
    func role(of column: TableColumn) -> Role {
        let name = column.name
        if ignored.contains(name) { return .ignored }
        switch column.place {
        case .envelope:
            return envelopeRole(of: name)
        case .feature:
            return featureRole(of: name)
        case .field:
            if name == prediction { return predictionRole }
            // A feature of the reference may be called `id`, or even as the time is.
            if readings[name] != nil { return featureRole(of: name) }
            if name == time { return .time }
            return name == "id" ? .identifier : featureRole(of: name)
        }
    }

    /// The value of a cell.
    func value(of cell: Cell, as reading: Reading) -> RecordWriter.Value {
        switch (reading, cell) {
        case (_, .missing):
            .missing
        case (.typed, _), (.numeric, _):
            cell.number.map(RecordWriter.Value.number) ?? .text(cell.text ?? "")
        case (.text, _):
            .text(cell.text ?? "")
        case (.category(let known), _):
            category(of: cell, known)
        }
    }

    /// Whether a column gives the event time.
    package func hasTime(among columns: [TableColumn]) -> Bool {
        columns.contains { role(of: $0) == .time }
    }

    /// The reference's features that no column gives.
    package func missingFeatures(among columns: [TableColumn]) -> [String] {
        guard let reference else { return [] }
        let roles = columns.map { (role(of: $0), $0.name) }
        return reference.features.map(\.name).filter { name in
            !roles.contains { role, column in
                switch role {
                case .prediction: name == Reference.predictionName
                case .feature: column == name
                default: false
                }
            }
        }
    }

    /// The columns that are left out because the reference does not know them.
    package func unknownColumns(among columns: [TableColumn]) -> [String] {
        guard reference != nil else { return [] }
        return columns.filter {
            $0.place != .envelope && !ignored.contains($0.name) && role(of: $0) == .ignored
        }.map(\.name)
    }

    private func envelopeRole(of name: String) -> Role {
        switch name {
        case _ where name == time: .time
        case _ where name == prediction: predictionRole
        case "id": .identifier
        case "model": .model
        case "version": .version
        case "outcome": .outcome
        default: .ignored
        }
    }

    private var predictionRole: Role {
        guard reference != nil else { return .prediction(reading(of: prediction)) }
        // A reference without a prediction has none to compare.
        guard readings[Reference.predictionName] != nil else { return .ignored }
        return .prediction(reading(of: Reference.predictionName))
    }

    private func featureRole(of name: String) -> Role {
        // `prediction` is no feature's name; it is reserved.
        if name == Reference.predictionName { return .ignored }
        if reference != nil, readings[name] == nil { return .ignored }
        return .feature(reading(of: name))
    }

    private func reading(of name: String) -> Reading {
        if isTyped { return .typed }
        if let reading = readings[name] { return reading }
        return kinds[name] == .categorical ? .text : .numeric
    }

    private func category(of cell: Cell, _ known: Set<String>) -> RecordWriter.Value {
        guard let text = cell.text else { return .missing }
        if known.contains(text) { return .text(text) }
        return .text(cell.canonicalText ?? text)
    }
}
