// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog
import TestSupport
import Testing

/// What the values and fields of a record mean.
struct RecordRulesTests {
    static let schemas = SampleRecord.schemas

    /// The value of a feature of the first schema, and whether it was counted as invalid.
    static func value(_ feature: String, _ text: String) throws -> (ScanOutcome.Value, Bool) {
        let record = SampleRecord.record(features: #"{"\#(feature)":\#(text)}"#)
        let outcome = ScanOutcome(record, by: schemas)
        let row = try #require(outcome.rows[0].first)
        let column = try #require(SampleRecord.schema.features.firstIndex { $0.name == feature })
        return (row.values[column], outcome.schemas[0].invalidValues == 1)
    }

    @Test(arguments: [
        ("1.5", ScanOutcome.Value.number(1.5)), ("true", .number(1)), ("false", .number(0)),
        ("null", .missing), ("NaN", .missing), ("Infinity", .number(.infinity)),
        ("-Infinity", .number(-.infinity)), ("-0.0", .number(0)), ("1e-999", .number(0)),
        ("0.1234567890123456789", .number(0.1234567890123456789)),
    ])
    func `a numeric feature takes numbers, booleans and null`(
        _ text: String,
        _ value: ScanOutcome.Value
    ) throws {
        #expect(try Self.value("temp", text) == (value, false))
    }

    @Test(arguments: [#""1.5""#, #""""#, "1e999", "-1e999", "[]", "{}", #"[{"a":[1]}]"#])
    func `anything else is invalid and missing`(_ text: String) throws {
        #expect(try Self.value("temp", text) == (.missing, true))
    }

    @Test(arguments: [
        (#""UA""#, ScanOutcome.Value.cell(2)), (#""U\u0041""#, .cell(2)), (#""Köln""#, .cell(1)),
        (#""K\u00f6ln""#, .cell(1)), (#""Ko\u0308ln""#, .cell(4)), (#""ua""#, .cell(4)),
        (#""""#, .cell(4)), (#""UA ""#, .cell(4)), ("null", .missing), ("NaN", .missing),
        ("7", .cell(4)), ("true", .cell(4)),
    ])
    func `a categorical feature compares bytes`(
        _ text: String,
        _ value: ScanOutcome.Value
    ) throws {
        #expect(try Self.value("carrier", text) == (value, false))
    }

    @Test(arguments: [
        ("17", ScanOutcome.Value.cell(1)), ("17.0", .cell(1)), ("1.7e1", .cell(1)),
        (#""17""#, .cell(1)),
        ("9.5", .cell(2)), ("95e-1", .cell(2)), ("true", .cell(0)), ("1", .cell(0)),
        ("017.", .missing),
        ("-17", .cell(4)), ("Infinity", .cell(3)), ("17.5", .cell(4)), ("-0", .cell(4)),
        ("123456789012345678901234567890", .cell(4)), ("0.30000000000000004", .cell(4)),
    ])
    func `a number for a category is its canonical text`(
        _ text: String,
        _ value: ScanOutcome.Value
    ) throws {
        guard text != "017." else {
            let record = SampleRecord.record(features: #"{"hour":017.}"#)
            #expect(ScanOutcome(record, by: Self.schemas).rejected == [.malformed: 1])
            return
        }
        #expect(try Self.value("hour", text) == (value, false))
    }

    @Test(arguments: ["[]", "{}", "1e999"])
    func `a category is no array, object or endless number`(_ text: String) throws {
        #expect(try Self.value("carrier", text) == (.missing, true))
    }

    @Test(arguments: [
        (#"{"temp":1,"temp":2}"#, ScanOutcome.Value.number(2), UInt64(0)),
        (#"{"temp":"x","temp":2}"#, .number(2), 0), (#"{"temp":2,"temp":"x"}"#, .missing, 1),
        (#"{"temp":2,"temp":null}"#, .missing, 0), (#"{"temp":2,"te\u006dp":3}"#, .number(3), 0),
        (#"{"temp":[],"temp":{}}"#, .missing, 1),
    ])
    func `of duplicate features the last wins`(
        _ features: String,
        _ value: ScanOutcome.Value,
        _ invalidCount: UInt64
    ) {
        let outcome = ScanOutcome(SampleRecord.record(features: features), by: Self.schemas)
        #expect(outcome.rows[0].first?.values[1] == value)
        #expect(outcome.schemas[0].invalidValues == invalidCount)
    }

    @Test
    func `of duplicate fields the last wins`() {
        let record =
            #"{"model":"x","model":"delay","version":"2","version":"1","ts":"x","ts":5,"#
            + #""outcome":"error","outcome":"ok","features":{"temp":1,"late":1},"#
            + #""features":{"dep_delay":2},"prediction":1,"prediction":0.5}"# + "\n"
        let outcome = ScanOutcome(record, by: Self.schemas)
        let values: [ScanOutcome.Value] = [
            .number(2), .missing, .missing, .missing, .missing, .missing, .number(0.5),
        ]
        #expect(outcome.rows[0] == [ScanOutcome.Row(timestamp: 5, values: values)])
        #expect(outcome.rejected == [:])
    }

    @Test(
        arguments: [
            ("5", 5), ("0", 0), ("253402300799.5", 253_402_300_799.5),
            (#""1970-01-01T00:01:00Z""#, 60),
            ("null", nil), (#""1970-01-01T00:01:00\u005a""#, 60),
        ] as [(String, Double?)]
    )
    func `a time is Unix seconds or RFC 3339`(_ text: String, _ seconds: Double?) {
        let record = SampleRecord.record(features: "{}", #","ts":\#(text)"#)
        let outcome = ScanOutcome(record, by: Self.schemas)
        #expect(outcome.rows[0].map(\.timestamp) == [seconds])
    }

    @Test(arguments: [
        "-1", "-0.001", "253402300800", "1e999", #""yesterday""#, #""1969-12-31T23:59:59Z""#,
        "true",
        "[]", "{}", "NaN", "Infinity", #""5""#, "-Infinity",
    ])
    func `any other time is rejected`(_ text: String) {
        let record = SampleRecord.record(features: "{}", #","ts":\#(text)"#)
        #expect(ScanOutcome(record, by: Self.schemas).rejected == [.timestamp: 1])
    }

    @Test(arguments: [
        (#""ok""#, false), ("null", false), (#""o\u006b""#, false), (#""error""#, true),
        (#""OK""#, true),
        (#""""#, true), ("true", true), ("{}", true), ("0", true),
    ])
    func `only what is ok enters a window`(_ outcome: String, _ isFailed: Bool) {
        let record = SampleRecord.record(features: "{}", #","outcome":\#(outcome)"#)
        let found = ScanOutcome(record, by: Self.schemas)
        #expect(found.schemas[0].records == 1)
        #expect(found.schemas[0].failed == (isFailed ? 1 : 0))
        #expect(found.rows[0].count == (isFailed ? 0 : 1))
    }

    @Test
    func `a failed prediction needs no features but a reference`() {
        let known = #"{"model":"delay","version":"1","outcome":"error"}"# + "\n"
        #expect(ScanOutcome(known, by: Self.schemas).schemas[0].failed == 1)
        let unknown = #"{"model":"other","version":"1","outcome":"error"}"# + "\n"
        #expect(ScanOutcome(unknown, by: Self.schemas).rejected == [.noReference: 1])
    }

    @Test(arguments: ["null", "5", #""x""#, "true", "NaN"])
    func `features are an object or an array`(_ features: String) {
        let outcome = ScanOutcome(SampleRecord.record(features: features), by: Self.schemas)
        #expect(outcome.rejected == [.noFeatures: 1])
    }

    @Test
    func `an array has the features in the order of the reference`() {
        let record = SampleRecord.record(
            features: #"[1,2,"UA",null,"x",17]"#,
            #","prediction":0.5"#
        )
        let outcome = ScanOutcome(record, by: Self.schemas)
        let values: [ScanOutcome.Value] = [
            .number(1), .number(2), .cell(2), .missing, .missing, .cell(1), .number(0.5),
        ]
        #expect(outcome.rows[0] == [ScanOutcome.Row(values: values)])
        #expect(outcome.schemas[0].invalidValues == 1)
        for count in [0, 1, 5, 7, 100] {
            let features = "[" + Array(repeating: "1", count: count).joined(separator: ",") + "]"
            let outcome = ScanOutcome(SampleRecord.record(features: features), by: Self.schemas)
            #expect(outcome.rejected == [.featureCount: 1])
        }
    }

    @Test
    func `an unknown feature is counted, and told once with the nearest name`() {
        let record = SampleRecord.record(
            features: #"{"tmep":1,"prediction":2,"zzzzzzzzz":3,"Dep_Delay":4,"temp":5}"#
        )
        let outcome = ScanOutcome(record + record, by: Self.schemas)
        #expect(outcome.schemas[0].unknownFeatures == 8)
        #expect(outcome.rows[0].map { $0.values[1] } == [.number(5), .number(5)])
        #expect(outcome.rows[0].map { $0.values[6] } == [.missing, .missing])
        #expect(
            outcome.unknownFeatures.map { "\($0.name) \($0.nearest ?? "-")" } == [
                "tmep temp", "prediction -", "zzzzzzzzz -", "Dep_Delay dep_delay",
            ]
        )
        let typo = SampleRecord.record(features: #"{"carier":"US","plane-age":1}"#)
        #expect(
            ScanOutcome(typo, by: Self.schemas).unknownFeatures.map(\.nearest) == [
                "carrier", "plane_age",
            ]
        )
    }

    @Test
    func `thousands of unknown names take no more than a few reports`() {
        let records = (0..<2_000).map { SampleRecord.record(features: #"{"name\#($0)":1}"#) }
        let outcome = ScanOutcome(records.joined(), by: Self.schemas)
        #expect(outcome.schemas[0].unknownFeatures == 2_000)
        #expect(outcome.unknownFeatures.count == 64)
    }

    @Test
    func `a schema without a prediction skips it`() {
        let schema = RecordSchema(
            model: "m",
            version: "1",
            features: [RecordSchema.Column(name: "x", kind: .numeric)],
            prediction: nil
        )
        let record = #"{"prediction":[1,{}],"features":{"x":1},"version":"1","model":"m"}"# + "\n"
        let outcome = ScanOutcome(record + record, by: [schema])
        #expect(outcome.rows[0].map(\.values) == [[.number(1)], [.number(1)]])
        #expect(outcome.schemas[0].invalidValues == 0)
    }

    @Test
    func `names of every length and with one beginning are told apart, in any order`() {
        let names =
            (1...40).map { String(repeating: "n", count: $0) }
            + ["sixteen bytes, A", "sixteen bytes, B", "sixteen bytes, AB", "\"quoted\"", "é", ""]
        let schema = RecordSchema(
            model: "m",
            version: "1",
            features: names.map { RecordSchema.Column(name: $0, kind: .numeric) },
            prediction: nil
        )
        var random = SeededGenerator(seed: 1)
        var writer = RecordWriter()
        var rows: [ScanOutcome.Row] = []
        for round in 0..<60 {
            // Each order three times, so that it is learned and then met again.
            var order = Array(names.indices)
            if round > 3 { order.shuffle(using: &random) }
            for repetition in 0..<3 {
                let features = order.map { index in
                    RecordWriter.Feature(
                        name: names[index],
                        value: .number(Double(index + repetition))
                    )
                }
                writer.append(RecordWriter.Record(model: "m", version: "1", features: features))
                rows.append(
                    ScanOutcome.Row(values: names.indices.map { .number(Double($0 + repetition)) })
                )
            }
        }
        let outcome = ScanOutcome([writer.bytes], by: [schema])
        #expect(outcome.rows == [rows])
        #expect(outcome.schemas[0].unknownFeatures == 0)
    }
}
