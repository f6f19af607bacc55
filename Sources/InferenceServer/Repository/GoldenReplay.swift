// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The comparison of a model's answers with those of its golden rows.
package struct GoldenReplay: Sendable, Equatable {
    /// How many rows were compared.
    package let rows: Int
    /// The greatest absolute difference of a probability or value; 0 where only labels are compared.
    package let greatestDifference: Double
    /// The tolerance.
    package let tolerance: Double

    /// Compares all rows.
    ///
    /// - Parameters:
    ///   - golden: The rows' answers, as many as there are rows.
    ///   - results: The model's answers to these rows.
    /// - Throws: `GoldenError`: an answer of a kind that the model does not give, or a mismatch.
    /// - Complexity: O(rows × classes).
    init(_ golden: GoldenRows, _ results: RunResults) throws(GoldenError) {
        var differences: [Difference] = []
        for row in 0..<golden.rows {
            let compared =
                try Self.probabilities(golden, row, results)
                + Self.prediction(golden, row, results)
            // Of a row the worst counts.
            let worst = compared.max { $0.isBetter(than: $1) }
            if let worst { differences.append(worst) }
        }
        greatestDifference = differences.map(\.size).max(by: Self.isLess) ?? 0
        rows = golden.rows
        tolerance = golden.tolerance
        let bad = differences.enumerated().filter { !($0.element.size <= golden.tolerance) }
        guard let first = bad.first else { return }
        throw .mismatch(
            GoldenMismatch(
                row: first.offset,
                what: first.element.what,
                expected: first.element.expected,
                found: first.element.found,
                tolerance: golden.tolerance,
                mismatches: bad.count,
                rows: golden.rows,
                greatestDifference: greatestDifference
            )
        )
    }

    /// How far one answer is from what it ought to be.
    private struct Difference {
        let what: String
        let expected: String
        let found: String
        /// NaN where the model gives no number, infinite for another label.
        let size: Double

        func isBetter(than other: Difference) -> Bool { isLess(size, other.size) }
    }

    /// Whether a difference is less; one that is no number is the greatest.
    private static func isLess(_ left: Double, _ right: Double) -> Bool {
        right.isNaN ? !left.isNaN : left < right
    }

    private static func probabilities(
        _ golden: GoldenRows,
        _ row: Int,
        _ results: RunResults
    ) throws(GoldenError) -> [Difference] {
        guard let probabilities = golden.probabilities else { return [] }
        let classes = results.classes
        guard !classes.isEmpty else {
            let text = "nothing for a model without probabilities"
            throw .unfitting(key: "probability", row: row, expected: text)
        }
        switch probabilities[row] {
        case .one(let expected):
            let position = classes.count == 2 ? 1 : results.label(row: row)
            let found = position.map { results.probability(row: row, class: $0) } ?? .nan
            return [difference("probability", expected, found)]
        case .all(let expected):
            guard expected.count == classes.count else {
                let text = "\(classes.count) probabilities, one a class"
                throw .unfitting(key: "probability", row: row, expected: text)
            }
            return expected.indices.map { position in
                difference(
                    "probability of \"\(classes[position].text)\"",
                    expected[position],
                    results.probability(row: row, class: position)
                )
            }
        }
    }

    private static func prediction(
        _ golden: GoldenRows,
        _ row: Int,
        _ results: RunResults
    ) throws(GoldenError) -> [Difference] {
        guard let predictions = golden.predictions else { return [] }
        let expected = predictions[row]
        guard let found = results.labelText(row: row) else {
            guard case .number(let value, _) = expected else {
                throw .unfitting(key: "prediction", row: row, expected: "a number")
            }
            return [difference("prediction", value, results.value(row: row))]
        }
        let text = expected.text
        let isKnown = results.classes.isEmpty || results.classes.contains { $0.text == text }
        guard isKnown || found == text else {
            let known = results.classes.map(\.text).joined(separator: ", ")
            throw .unfitting(key: "prediction", row: row, expected: "one of \(known)")
        }
        let size = found == text ? 0 : Double.infinity
        return [Difference(what: "prediction", expected: text, found: found, size: size)]
    }

    private static func difference(
        _ what: String,
        _ expected: Double,
        _ found: Double
    ) -> Difference {
        // Equal infinities differ by NaN, and by nothing.
        let size = expected == found ? 0 : abs(expected - found)
        return Difference(what: what, expected: "\(expected)", found: "\(found)", size: size)
    }
}

extension GoldenRows.Prediction {
    /// The label that is meant: a number by its canonical text.
    fileprivate var text: String {
        switch self {
        case .number(_, let text), .text(let text): text
        }
    }
}
