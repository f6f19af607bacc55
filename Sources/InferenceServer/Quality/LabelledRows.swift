// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Inference
package import PredictionLog

/// Runs the rows of a labelled table through a served model, and measures the answers.
///
/// Rows come in runs and are answered at once; what stays is an answer a row.
package struct LabelledRows {
    /// What was measured.
    package enum Quality: Sendable, Equatable {
        case classifier(ClassifierQuality)
        case regressor(RegressorQuality)

        /// The rows that were measured.
        package var rows: Int {
            switch self {
            case .classifier(let quality): quality.rows
            case .regressor(let quality): quality.rows
            }
        }
    }

    /// What the model does not take, or has no label: counted, and not measured.
    package struct Refused: Sendable, Equatable {
        /// How many rows.
        package var count = 0
        /// The first one's line and what is wrong with it.
        package var first: String?

        fileprivate mutating func add(line: Int, _ reason: String) {
            count += 1
            first = first ?? "line \(line): \(reason)"
        }
    }

    /// Rows without a label.
    package private(set) var unlabelled = Refused()
    /// Rows that a request would be refused for.
    package private(set) var refused = Refused()

    private let served: ServedModel
    private let rows: FeatureRows
    private let label: String
    private let threshold: Double?
    private var workspace: Workspace
    private var probabilities: [Double] = []
    private var predicted: [Double] = []
    private var labels: [Int] = []
    private var actualClasses: [Int] = []
    private var actualValues: [Double] = []

    /// Prepares for the rows of a table.
    ///
    /// - Parameters:
    ///   - served: The model.
    ///   - label: The column of the truth.
    ///   - threshold: In the place of the model's own decision threshold; nil leaves that.
    package init(_ served: ServedModel, label: String, threshold: Double? = nil) {
        self.served = served
        self.label = label
        self.threshold = threshold ?? served.threshold
        rows = FeatureRows(features: served.features, inputs: served.model.inputs)
        workspace = Workspace(for: served.model)
    }

    /// Answers rows.
    ///
    /// - Parameters:
    ///   - batch: Rows with cells in the order of `columns`.
    ///   - columns: Those met so far.
    /// - Throws: `LabelledRowsError`: a column that is not there, or a run that failed.
    /// - Complexity: O(rows × features), and a run of the model a row.
    package mutating func append(
        _ batch: [TableRow],
        columns: [TableColumn]
    ) throws(LabelledRowsError) {
        // Before its first row a table may not know its columns yet.
        if batch.isEmpty { return }
        let indices = Dictionary(
            columns.enumerated().map { ($1.name, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        let missing = (served.features.map(\.name) + [label]).filter { indices[$0] == nil }
        guard missing.isEmpty else {
            throw .columns(missing: missing, known: columns.map(\.name))
        }
        let places = served.features.map { indices[$0.name] ?? 0 }
        let labelPlace = indices[label] ?? 0
        for row in batch {
            workspace.removeRows()
            do throws(FeatureRowError) {
                try rows.append(places.map { row[$0] }, to: &workspace)
            } catch {
                refused.add(line: row.line, "\(error)")
                continue
            }
            let truth = row[labelPlace]
            guard truth != .missing else {
                unlabelled.add(line: row.line, "no label")
                continue
            }
            do throws(RunError) { try served.model.run(rows: 1, in: &workspace) } catch {
                throw .run(line: row.line, error)
            }
            try take(truth, line: row.line)
        }
    }

    private mutating func take(_ truth: Cell, line: Int) throws(LabelledRowsError) {
        let results = RunResults(
            workspace.outputs,
            purpose: served.model.purpose,
            threshold: threshold,
            hasOwnRule: served.model.hasOwnRule
        )
        if case .labeller = served.model.purpose { throw .unmeasured }
        let classes = results.classes
        guard !classes.isEmpty else {
            guard let value = truth.number else {
                throw .label(line: line, found: truth.text ?? "nothing", expected: "a number")
            }
            actualValues.append(value)
            predicted.append(results.value(row: 0))
            return
        }
        guard let position = classes.firstIndex(where: { $0.matches(truth) }) else {
            let known = "one of " + classes.map(\.text).joined(separator: ", ")
            throw .label(line: line, found: truth.text ?? "nothing", expected: known)
        }
        actualClasses.append(position)
        // A label of the graph's own that is none of the classes is no right one.
        labels.append(results.label(row: 0) ?? classes.count)
        for position in classes.indices {
            probabilities.append(results.probability(row: 0, class: position))
        }
    }

    /// What was measured of all rows; nil without any.
    package var quality: Quality? {
        if let values = RegressorQuality(predicted: predicted, actual: actualValues) {
            return .regressor(values)
        }
        guard case .classifier(_, _, let classes) = served.model.purpose else { return nil }
        return ClassifierQuality(
            probabilities: probabilities,
            classCount: classes.count,
            labels: labels,
            actual: actualClasses
        ).map(Quality.classifier)
    }
}

/// Why a table cannot be measured.
package enum LabelledRowsError: Error, Sendable, Equatable {
    /// Columns that are needed and not there.
    case columns(missing: [String], known: [String])
    /// A label that is none of the model's.
    case label(line: Int, found: String, expected: String)
    /// The model has labels and no probabilities: there are no measures of such.
    case unmeasured
    /// The model cannot run a row.
    case run(line: Int, RunError)
}

extension LabelledRowsError: CustomStringConvertible {
    /// One sentence.
    package var description: String {
        switch self {
        case .columns(let missing, let known):
            "no column " + missing.map { Self.hint($0, known) }.joined(separator: ", ")
        case .label(let line, let found, let expected):
            "line \(line): expected \(expected) as the label, found \"\(found)\""
        case .unmeasured: "a model of labels without probabilities is not measured"
        case .run(let line, let error): "line \(line): \(error)"
        }
    }

    private static func hint(_ name: String, _ known: [String]) -> String {
        let nearest = NearestName.of(name, among: known)
        return "\"\(name)\"" + (nearest.map { " (did you mean \"\($0)\"?)" } ?? "")
    }
}

extension ClassLabel {
    /// Whether a cell says this class: booleans are 0 and 1, `1.0` is 1.
    fileprivate func matches(_ cell: Cell) -> Bool {
        switch self {
        case .integer(let value): cell.number == Double(value)
        case .text(let text): cell.text == text
        }
    }
}
