// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import InferenceServer
import PredictionLog
import TestSupport
import Testing

struct LabelledRowsTests {
    @Test
    func `the flights model is as good as scikit-learn says of the same rows`() throws {
        // accuracy_score, roc_auc_score and log_loss of ONNX Runtime's answers to the 500 rows of
        // expected-predictions.json, with "late" where the second model is surer than one in two.
        let file = try ExpectedPredictions.read()
        var lines = (file.numeric + ["late"]).joined(separator: ",") + "\n"
        for (row, probability) in zip(file.rows, file.v2_probability) {
            let cells = row.map { $0.map { "\($0)" } ?? "" } + [probability >= 0.5 ? "1" : "0"]
            lines += cells.joined(separator: ",") + "\n"
        }
        var rows = LabelledRows(try Self.delay("1"), label: "late")
        try rows.append(lines)
        guard case .classifier(let quality) = rows.quality else {
            Issue.record("no quality: \(String(describing: rows.quality))")
            return
        }
        let actual = file.v2_probability.map { $0 >= 0.5 }
        #expect(quality.rows == 500)
        let right = zip(file.v1_probability, actual).count { ($0 >= 0.5) == $1 }
        #expect(quality.accuracy == Double(right) / 500)
        let area = RankStatistic.rocArea(scores: file.v1_probability, positives: actual)
        #expect(abs(try #require(quality.rocArea) - (try #require(area))) < 1e-6)
        #expect(rows.refused.count == 0 && rows.unlabelled.count == 0)

        // Everybody is late at a threshold of nothing.
        var eager = LabelledRows(try Self.delay("1"), label: "late", threshold: 0)
        try eager.append(lines)
        guard case .classifier(let lax) = eager.quality else { return }
        #expect(lax.accuracy == Double(actual.count { $0 }) / 500)
        #expect(lax.rocArea == quality.rocArea)
    }

    @Test
    func `rows that a request would be refused for, and rows without a label, are counted`() throws
    {
        let sample = try SampleRepository()
        try sample.publish(
            "m/1",
            "kinds",
            yaml: "inputs: [{name: x, maximum: 9}, {name: n}, {name: s}]"
        )
        let served = try Self.load(sample)
        var rows = LabelledRows(served, label: "y")
        try rows.append("x,n,s,y\n1,2,a,120\n10,2,a,1\n1,2.5,a,1\n1,2,a,\n,2,a,5\n2,1,7,210\n")
        #expect(rows.refused.count == 2)
        #expect(
            rows.refused.first == "line 3: feature \"x\": expected at most 9.0, found 10.0"
        )
        #expect(rows.unlabelled == LabelledRows.Refused(count: 1, first: "line 5: no label"))
        guard case .regressor(let quality) = rows.quality else {
            Issue.record("no quality")
            return
        }
        // The row without x answers NaN, which no error hides.
        #expect(quality.rows == 3)
        #expect(quality.meanAbsoluteError.isNaN)
    }

    @Test
    func `missing columns are named, with what was probably meant`() throws {
        let sample = try SampleRepository()
        try sample.publish("m/1", "named")
        var rows = LabelledRows(try Self.load(sample), label: "label")
        let error = #expect(throws: LabelledRowsError.self) {
            try rows.append("u,W2,labels\n1,2,3\n")
        }
        #expect(
            error?.description
                == "no column \"v\", \"w\", \"label\" (did you mean \"labels\"?)"
        )
    }

    @Test
    func `a label that no class has is named with its line`() throws {
        let file = try ExpectedPredictions.read()
        let cells = file.rows[0].map { $0.map { "\($0)" } ?? "" }
        var rows = LabelledRows(try Self.delay("1"), label: "late")
        let table =
            (file.numeric + ["late"]).joined(separator: ",") + "\n"
            + (cells + ["maybe"]).joined(separator: ",") + "\n"
        let expected = LabelledRowsError.label(line: 2, found: "maybe", expected: "one of 0, 1")
        #expect(throws: expected) { try rows.append(table) }
    }

    private static func delay(_ version: String) throws -> ServedModel {
        let path = Fixture.url("models/delay/\(version)").path
        return try VersionLoader.load(directory: path, model: "delay", version: version).served
    }

    private static func load(_ sample: SampleRepository) throws -> ServedModel {
        let path = sample.directory.path("models/m/1")
        return try VersionLoader.load(directory: path, model: "m", version: "1").served
    }
}

/// What ONNX Runtime answers to 500 flights.
private struct ExpectedPredictions: Decodable {
    var numeric: [String]
    var rows: [[Double?]]
    var v1_probability: [Double]
    var v2_probability: [Double]

    static func read() throws -> ExpectedPredictions {
        let data = Data(try Fixture.bytes("flights/expected-predictions.json"))
        return try JSONDecoder().decode(ExpectedPredictions.self, from: data)
    }
}

extension LabelledRows {
    /// Answers the rows of a CSV file.
    fileprivate mutating func append(_ csv: String) throws {
        var reader = TableReader()
        let rows = try reader.read(Array(csv.utf8).span)
        try append(rows, columns: reader.columns)
        try append(try reader.finish(), columns: reader.columns)
    }
}
