// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Inference
import PredictionLog

/// Rows with the answers that the model's training library gave, from `golden.json`:
///
///     {"rows":[…],"probability":[…],"tolerance":1e-6}
///
/// A row is an object or array of features, as a request has them. `probability` has an element a
/// row: of two classes the second's, of several the label's, or an array with one for each class.
/// `prediction` has, in its place or beside it, the label, or the value of a regressor. `tolerance`
/// is absolute.
struct GoldenRows: Sendable, Equatable {
    /// The tolerance when none is said.
    static let standardTolerance = 1e-6
    /// The most rows.
    static let maximumRows = 10_000

    /// What a row's probabilities ought to be.
    enum Probability: Sendable, Equatable {
        /// That of the second of two classes, or of the label.
        case one(Double)
        /// Those of all classes.
        case all([Double])
    }

    /// What a row's prediction ought to be.
    enum Prediction: Sendable, Equatable {
        case number(Double, text: String)
        case text(String)
    }

    private(set) var rows = 0
    private(set) var probabilities: [Probability]?
    private(set) var predictions: [Prediction]?
    private(set) var tolerance = Self.standardTolerance

    /// Reads a file, and its rows into the inputs of a workspace.
    ///
    /// - Throws: `GoldenError`, the first fault.
    /// - Complexity: O(bytes).
    init(
        decoding bytes: [UInt8],
        features: FeatureRows,
        into workspace: inout Workspace
    ) throws(GoldenError) {
        workspace.removeRows()
        self = try JSONCursor.read(bytes.span, maxDepth: 8) { cursor throws(GoldenError) in
            var golden = GoldenRows()
            try golden.read(&cursor, features, &workspace)
            return golden
        }
        guard rows > 0 else { throw .noRows }
        guard probabilities != nil || predictions != nil else { throw .noAnswers }
        for (key, count) in [
            ("probability", probabilities?.count), ("prediction", predictions?.count),
        ] {
            guard let count, count != rows else { continue }
            throw .count(key: key, found: count, expected: rows)
        }
    }

    private init() {}

    private mutating func read(
        _ cursor: inout JSONCursor,
        _ features: FeatureRows,
        _ workspace: inout Workspace
    ) throws(GoldenError) {
        try cursor.reading { cursor throws(ScanFault) in try cursor.beginObject() }
        var seen: Set<String> = []
        while let key = try cursor.reading({ cursor throws(ScanFault) in try cursor.nextKey() }) {
            guard seen.insert(key).inserted else { throw .duplicateKey(key) }
            switch key {
            case "rows":
                try cursor.elements { cursor throws(GoldenError) in
                    guard rows < Self.maximumRows else { throw .tooManyRows(Self.maximumRows) }
                    do throws(FeatureRowError) {
                        try features.append(&cursor, to: &workspace)
                    } catch {
                        throw .row(rows, error)
                    }
                    rows += 1
                }
            case "probability": probabilities = try cursor.probabilities()
            case "prediction": predictions = try cursor.predictions()
            case "tolerance":
                tolerance = try cursor.reading { cursor throws(ScanFault) in try cursor.double() }
                guard tolerance >= 0, tolerance.isFinite else { throw .tolerance(tolerance) }
            default: throw .unknownKey(key, nearest: NearestName.of(key, among: Self.keys))
            }
        }
        try cursor.reading { cursor throws(ScanFault) in try cursor.end() }
    }

    private static let keys = ["rows", "probability", "prediction", "tolerance"]
}

extension JSONCursor {
    fileprivate mutating func reading<Result>(
        _ body: (inout JSONCursor) throws(ScanFault) -> Result
    ) throws(GoldenError) -> Result {
        do throws(ScanFault) { return try body(&self) } catch { throw .malformed(error) }
    }

    /// Goes through the array that comes next.
    fileprivate mutating func elements(
        _ body: (inout JSONCursor) throws(GoldenError) -> Void
    ) throws(GoldenError) {
        try reading { cursor throws(ScanFault) in try cursor.beginArray() }
        while try reading({ cursor throws(ScanFault) in try cursor.nextElement() }) {
            try body(&self)
        }
    }

    fileprivate mutating func probabilities() throws(GoldenError) -> [GoldenRows.Probability] {
        var list: [GoldenRows.Probability] = []
        try elements { cursor throws(GoldenError) in
            guard try cursor.reading({ cursor throws(ScanFault) in try cursor.kind() }) == .array
            else {
                let one = try cursor.reading { cursor throws(ScanFault) in try cursor.double() }
                return list.append(.one(one))
            }
            var all: [Double] = []
            try cursor.elements { cursor throws(GoldenError) in
                all.append(try cursor.reading { cursor throws(ScanFault) in try cursor.double() })
            }
            list.append(.all(all))
        }
        return list
    }

    fileprivate mutating func predictions() throws(GoldenError) -> [GoldenRows.Prediction] {
        var list: [GoldenRows.Prediction] = []
        try elements { cursor throws(GoldenError) in
            list.append(
                try cursor.reading { cursor throws(ScanFault) in
                    guard try cursor.kind() == .number else { return .text(try cursor.string()) }
                    let (value, spelling) = try cursor.spelledNumber()
                    return .number(value, text: canonicalText(of: value, spelling: spelling))
                }
            )
        }
        return list
    }
}
