// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftStatistics
import PredictionLog

/// A feature of a reference just built, and what its builder should know of it.
package struct BuiltFeature: Sendable, Equatable {
    /// What is odd about a column, and most often a mistake.
    package enum Remark: Sendable, Equatable {
        /// Every cell is missing.
        case allMissing
        /// Every cell that is not missing is the same.
        case constant
        /// A text column in which no text occurs twice: an identifier, not a category.
        case allDistinct
        /// Cells of a numeric column that are no numbers and were taken as missing.
        case notNumbers(count: Int, first: String)
    }

    /// A text column of fewer rows may be all distinct by chance.
    private static let fewestRowsOfIdentifiers = 20

    package let reference: FeatureReference

    /// What is odd, in the order of the cases.
    package let remarks: [Remark]

    init(name: String, _ numeric: NumericReference, _ cells: [Cell]) {
        reference = FeatureReference(name: name, distribution: .numeric(numeric))
        let texts = cells.filter { $0.number == nil && $0 != .missing }
        var remarks: [Remark] = []
        if numeric.distinct == 0 { remarks.append(.allMissing) }
        if numeric.distinct == 1 { remarks.append(.constant) }
        if let first = texts.first?.text {
            remarks.append(.notNumbers(count: texts.count, first: first))
        }
        self.remarks = remarks
    }

    init(name: String, _ categorical: CategoricalReference, _ cells: [Cell]) {
        reference = FeatureReference(name: name, distribution: .categorical(categorical))
        let texts = cells.compactMap(\.text)
        let distinct = Set(texts).count
        switch distinct {
        case 0: remarks = [.allMissing]
        case 1: remarks = [.constant]
        case Self.fewestRowsOfIdentifiers... where distinct == texts.count: remarks = [.allDistinct]
        default: remarks = []
        }
    }
}

extension FeatureKind {
    /// Numeric if every cell that is not missing is a number or a boolean, else categorical.
    init(inferredFrom cells: [Cell]) {
        let isNumeric = cells.allSatisfy { $0 == .missing || $0.number != nil }
        self = isNumeric ? .numeric : .categorical
    }
}

extension Cell {
    /// The categories that the cells of a column are; `nil` where missing.
    ///
    /// Where all of them are numbers or booleans as JSON spells them they are numbers in canonical
    /// text, as the log takes them (`1.0` and `1` are one category). Otherwise every cell is its
    /// spelling: one `01234` makes a column of codes, which are texts to their producer too.
    static func categories(of cells: [Cell]) -> [String?] {
        let areNumbers = cells.allSatisfy { cell in
            switch cell {
            case .missing, .boolean: true
            case .number(_, let text): parseDouble(text.utf8.span) != nil
            case .text: false
            }
        }
        return areNumbers
            ? cells.map(\.canonicalText) : cells.map(\.text)
    }

    /// What a number or boolean is called as a category; a text as it is written.
    var canonicalText: String? {
        switch self {
        case .missing: nil
        case .number(let value, let text): PredictionLog.canonicalText(of: value, spelling: text)
        case .boolean(let value, _): value ? "1" : "0"
        case .text(let text): text
        }
    }
}
