// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics
import PredictionLog
import Sidecar
import Testing

struct ReferenceRecipeTests {
    private static func table(_ text: String) throws -> (TrainingTable, TableReader.Format) {
        var reader = TableReader()
        var table = TrainingTable()
        let rows = try reader.read(Array(text.utf8).span)
        table.append(rows, columns: reader.columns)
        let format = try #require(reader.format)
        let rest = try reader.finish()
        table.append(rest, columns: reader.columns)
        return (table, format)
    }

    private static func build(
        _ text: String,
        _ change: (inout ReferenceRecipe) -> Void = { _ in }
    ) throws -> (reference: Reference, features: [BuiltFeature]) {
        let (table, format) = try table(text)
        var recipe = ReferenceRecipe(model: "m", version: "1", resolution: .exact)
        change(&recipe)
        return try recipe.build(from: table, format: format)
    }

    private static func categories(_ feature: FeatureReference?) -> [String]? {
        guard case .categorical(let categorical)? = feature?.distribution else { return nil }
        return categorical.categories
    }

    @Test
    func `numbers and booleans make a numeric column, any text a categorical one`() throws {
        let text = "n,b,mixed,t\n1,True,1,x\n,False,2,y\n3,NA,z,\n"
        let features = try Self.build(text).reference.features
        #expect(features.map(\.name) == ["n", "b", "mixed", "t"])
        #expect(features.map(\.kind) == [.numeric, .numeric, .categorical, .categorical])
        guard case .numeric(let booleans) = features[1].distribution else { return }
        #expect(booleans.knots == [0, 1])
        #expect(booleans.missing == 1)
        #expect(Self.categories(features[2]) == ["1", "2", "z"])
    }

    @Test
    func `a categorical column of numbers keeps them in canonical text`() throws {
        let text = "class,code,zip\n1.0,1.0,01\n1,2A,1\n2,2A,2\n"
        let features = try Self.build(text) {
            $0.kinds = ["class": .categorical, "zip": .categorical]
        }.reference.features
        #expect(Self.categories(features[0]) == ["1", "2"])
        #expect(Self.categories(features[1]) == ["1.0", "2A"])
        #expect(Self.categories(features[2]) == ["01", "1", "2"], "01 is no number to JSON")
    }

    @Test
    func `a column forced to be numeric counts its texts as missing and says so`() throws {
        let built = try Self.build("x\n1\nlots\nNA\nmany\n") { $0.kinds = ["x": .numeric] }
        guard case .numeric(let numeric) = built.reference.features[0].distribution else { return }
        #expect(numeric.missing == 3)
        #expect(built.features[0].remarks == [.constant, .notNumbers(count: 2, first: "lots")])
    }

    @Test
    func `the prediction is the last feature, whatever its column is called`() throws {
        let reference = try Self.build("score,x\n0.5,1\n0.25,2\n") {
            $0.prediction = "score"
        }.reference
        #expect(reference.features.map(\.name) == ["x", "prediction"])
    }

    @Test
    func `a column of the reserved name must be claimed or ignored`() throws {
        let text = "x,prediction\n1,2\n"
        #expect(throws: ReferenceRecipeError.unclaimedPrediction) { try Self.build(text) }
        #expect(throws: ReferenceRecipeError.unclaimedPrediction) {
            try Self.build(text) { $0.prediction = "x" }
        }
        let ignored = try Self.build(text) { $0.ignored = ["prediction"] }
        #expect(ignored.reference.features.map(\.name) == ["x"])
        let claimed = try Self.build(text) { $0.prediction = "prediction" }
        #expect(claimed.reference.features.map(\.name) == ["x", "prediction"])
    }

    @Test
    func `of records only the features and the prediction count, and only good ones`() throws {
        let text = """
            {"ts":1,"id":"a","features":{"y":1,"ts":5},"prediction":0.5,"latency":0.1}
            {"features":{"y":2,"ts":6},"prediction":0.25,"outcome":"ok"}
            {"features":{"y":3,"ts":7},"prediction":0.75,"outcome":"error"}

            """
        let (table, _) = try Self.table(text)
        #expect(table.rows == 2)
        #expect(table.failedRows == 1)
        let reference = try Self.build(text).reference
        #expect(reference.rows == 2)
        #expect(reference.features.map(\.name) == ["ts", "y", "prediction"])
    }

    @Test
    func `an unknown name is an error that says what was probably meant`() {
        let text = "carrier,temp\nUA,1\n"
        let mentions: [((inout ReferenceRecipe) -> Void, ReferenceRecipeError)] = [
            ({ $0.ignored = ["carier"] }, .unknownColumn("carier", .ignore, nearest: "carrier")),
            (
                { $0.kinds = ["temps": .numeric] },
                .unknownColumn("temps", .kind, nearest: "temp")
            ),
            ({ $0.float32 = ["x"] }, .unknownColumn("x", .float32, nearest: nil)),
            (
                { $0.prediction = "score" },
                .unknownColumn("score", .prediction, nearest: nil)
            ),
            ({ $0.float32 = ["carrier"] }, .notNumeric("carrier")),
            ({ $0.ignored = ["carrier", "temp"] }, .noFeatures),
        ]
        for (change, error) in mentions {
            #expect(throws: error) { try Self.build(text, change) }
        }
        #expect(throws: ReferenceRecipeError.noRows) { try Self.build("a,b\n") }
    }

    @Test
    func `the order of rows does not matter, in NDJSON that of keys neither`() throws {
        let csv = ["3,x,0.1", "1,y,-0.0", ",x,0.0", "2,,5"]
        let ndjson = [#"{"b":1,"a":"x"}"#, #"{"a":"y"}"#, #"{"c":3,"b":2}"#]
        func all(_ rows: [String], header: String) throws -> [[UInt8]] {
            try [rows, rows.reversed(), rows.sorted()].map { rows in
                let text = header + rows.joined(separator: "\n")
                return try Self.build(text).reference.canonicalBytes()
            }
        }
        #expect(Set(try all(csv, header: "n,t,z\n")).count == 1)
        #expect(Set(try all(ndjson, header: "")).count == 1)
    }

    @Test
    func `float32 rounds the reference as a single-precision producer rounds`() throws {
        let built = try Self.build("x\n0.1\n") { $0.float32 = ["x"] }
        guard case .numeric(let numeric) = built.reference.features[0].distribution else { return }
        #expect(numeric.knots == [Double(Float(0.1))])
    }

    @Test
    func `identifiers, constants and empty columns are remarked on`() throws {
        let text =
            "id,same,none,ok\n" + (0..<40).map { "r\($0),k,,\($0 % 7)\n" }.joined()
        let features = try Self.build(text).features
        #expect(features.map(\.remarks) == [[.allDistinct], [.constant], [.allMissing], []])
    }

    @Test
    func `rare categories are folded, and the reference says how many rows`() throws {
        let text = "t\n" + String(repeating: "a\n", count: 5) + "b\nc\n"
        let built = try Self.build(text) { $0.minimumCategoryRows = 2 }
        guard case .categorical(let categorical) = built.reference.features[0].distribution
        else { return }
        #expect(categorical.categories == ["a"])
        #expect(categorical.unseen == 2)
    }
}
