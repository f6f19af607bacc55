// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics
import PredictionLog
import Sidecar
import Testing

struct RowMappingTests {
    private static func reference() throws -> Reference {
        try Reference(
            model: "m",
            version: "1",
            rows: 3,
            features: [
                FeatureReference(
                    name: "n",
                    distribution: .numeric(NumericReference([1, 2, 3], resolution: .exact))
                ),
                FeatureReference(
                    name: "c",
                    distribution: .categorical(CategoricalReference(["1", "x", "2.0"]))
                ),
                FeatureReference(
                    name: "prediction",
                    distribution: .numeric(NumericReference([0, 0.5, 1], resolution: .exact))
                ),
            ]
        )
    }

    /// The records of a table, and the event time of each row.
    private static func records(
        _ text: String,
        _ reference: Reference?,
        kinds: [String: FeatureKind] = [:],
        prediction: String = "prediction",
        ignored: Set<String> = []
    ) throws -> (lines: [String], times: [Double]) {
        var reader = TableReader()
        var rows = try reader.read(Array(text.utf8).span)
        let format = try #require(reader.format)
        rows += try reader.finish()
        let mapping = RowMapping(
            format: format,
            reference: reference,
            kinds: kinds,
            time: "ts",
            prediction: prediction,
            ignored: ignored
        )
        var records = RowRecords(mapping, model: reference?.model, version: reference?.version)
        var bytes: [UInt8] = []
        let times = rows.map { records.append($0, columns: reader.columns, to: &bytes) }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        return (lines, times)
    }

    @Test
    func `the reference decides what a CSV cell is`() throws {
        let text = """
            ts,id,n,c,prediction,other
            5,a,1.50,2.0,0.25,z
            2013-06-01T00:00:00Z,b,True,1.0,,z
            ,,none,3.0,yes,z
            soon,c,NA,"",1,z
            """
        let (lines, times) = try Self.records(text, try Self.reference())
        let head = #"{"model":"m","version":"1","#
        #expect(
            lines == [
                #"\#(head)"ts":5,"id":"a","features":{"n":1.5,"c":"2.0"},"prediction":0.25}"#,
                #"\#(head)"ts":1370044800,"id":"b","features":{"n":1,"c":"1"}}"#,
                #"\#(head)"features":{"n":"none","c":"3"},"prediction":"yes"}"#,
                #"\#(head)"ts":-1,"id":"c","features":{"n":null,"c":null},"prediction":1}"#,
            ]
        )
        #expect(times[0] == 5)
        #expect(times[1] == 1_370_044_800)
        #expect(times[2].isNaN)
        #expect(times[3].isNaN)
    }

    @Test
    func `without a reference columns have kinds, and everything is a feature`() throws {
        let (lines, _) = try Self.records(
            "a,b,late,score\n1.0,1.0,1,0.5\n",
            nil,
            kinds: ["b": .categorical],
            prediction: "score",
            ignored: ["late"]
        )
        #expect(lines == [#"{"features":{"a":1,"b":"1.0"},"prediction":0.5}"#])
    }

    @Test
    func `records keep what they say, numbers as numbers and texts as texts`() throws {
        let text = """
            {"model":"o","ts":7,"features":{"n":"1","c":1,"u":2},"prediction":0.5,"outcome":"error"}
            """
        let (lines, times) = try Self.records(text, try Self.reference())
        #expect(times == [7])
        #expect(
            lines == [
                #"{"model":"o","version":"1","ts":7,"features":{"n":"1","c":1},"prediction":0.5,"#
                    + #""outcome":"error"}"#
            ]
        )
    }

    @Test
    func `infinite values stay infinite`() throws {
        let (lines, _) = try Self.records("x\ninf\n-inf\n", nil)
        #expect(lines == [#"{"features":{"x":Infinity}}"#, #"{"features":{"x":-Infinity}}"#])
    }

    @Test
    func `says which features no column gives, and which columns nobody knows`() throws {
        let mapping = RowMapping(
            format: .csv,
            reference: try Self.reference(),
            time: "ts",
            prediction: "score",
            ignored: ["late"]
        )
        let columns = ["ts", "id", "n", "late", "prediction", "extra"].map { TableColumn($0) }
        #expect(mapping.missingFeatures(among: columns) == ["c", "prediction"])
        #expect(mapping.unknownColumns(among: columns) == ["prediction", "extra"])
        let whole = ["n", "c", "score"].map { TableColumn($0) }
        #expect(mapping.missingFeatures(among: whole) == [])
        #expect(mapping.unknownColumns(among: whole) == [])
    }
}
