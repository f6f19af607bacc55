// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog
import TestSupport
import Testing

/// Whose record it is: model and version, before or after the features, or from the hello.
struct RecordOwnershipTests {
    static let schemas = SampleRecord.schemas

    static let first = [
        #""model":"delay""#, #""version":"1""#,
        #""features":{"temp":1,"carrier":"US","late":true}"#,
        #""prediction":0.25"#, #""ts":5"#,
    ]
    static let firstRow = ScanOutcome.Row(
        timestamp: 5,
        values: [.missing, .number(1), .cell(3), .missing, .number(1), .missing, .number(0.25)]
    )
    static let second = [
        #""model":"delay""#, #""version":2"#, #""features":{"wind":3,"carrier":"US"}"#,
        #""prediction":"yes""#, #""ts":6"#,
    ]
    static let secondRow = ScanOutcome.Row(
        timestamp: 6,
        values: [.cell(1), .missing, .number(3), .cell(1)]
    )

    @Test
    func `every order of the fields, and every schema before`() {
        for order in Self.permutations(of: Array(0..<5)) {
            let one = "{\(order.map { Self.first[$0] }.joined(separator: ","))}\n"
            let two = "{\(order.map { Self.second[$0] }.joined(separator: ","))}\n"
            let outcome = ScanOutcome(one + two + two + one + one + two, by: Self.schemas)
            #expect(outcome.rows[0] == Array(repeating: Self.firstRow, count: 3), "\(order)")
            #expect(outcome.rows[1] == Array(repeating: Self.secondRow, count: 3), "\(order)")
            #expect(outcome.schemas.map(\.unknownFeatures) == [0, 0])
            #expect(outcome.schemas.map(\.invalidValues) == [0, 0])
            #expect(outcome.rejected == [:])
        }
    }

    @Test
    func `faults of features read by the wrong schema do not count`() {
        // By the first schema the wind is unknown and the prediction invalid.
        let one = "{\(Self.first.joined(separator: ","))}\n"
        let two = "{\(Self.second.reversed().joined(separator: ","))}\n"
        let outcome = ScanOutcome(one + two, by: Self.schemas)
        #expect(outcome.schemas.map(\.unknownFeatures) == [0, 0])
        #expect(outcome.schemas.map(\.invalidValues) == [0, 0])
        #expect(outcome.unknownFeatures.isEmpty)
    }

    @Test(
        arguments: [
            (#""1""#, 0), ("1", 0), ("1.0", 0), ("10e-1", 0), (#""\u0031""#, 0), (#""2""#, 1),
            ("2", 1),
            (#"" 1""#, nil), (#""1.0""#, nil), ("12", nil), ("1e999", nil), ("NaN", nil),
            ("true", nil),
            ("[1]", nil), (#"{"1":1}"#, nil), ("null", nil), (#""""#, nil), ("-1", nil),
        ] as [(String, Int?)]
    )
    func `a version is a text, or a number in canonical text`(_ version: String, _ schema: Int?) {
        let record = #"{"model":"delay","version":\#(version),"features":{}}"# + "\n"
        // Once after nothing, once after a record of each version.
        for before in ["", "1", "2"] {
            let lead =
                before.isEmpty
                ? "" : #"{"model":"delay","version":"\#(before)","features":{}}"# + "\n"
            var counts: [UInt64] = [0, 0]
            if let number = Int(before) { counts[number - 1] += 1 }
            if let schema { counts[schema] += 1 }
            let outcome = ScanOutcome(lead + record + record, by: Self.schemas)
            if let schema { counts[schema] += 1 }
            #expect(outcome.schemas.map(\.records) == counts, "after \(before)")
            #expect(
                outcome.rejected == (schema == nil ? [.noReference: 2] : [:]),
                "after \(before)"
            )
        }
    }

    @Test
    func `a version that begins like the one before is another`() {
        let records = ["1", "12", "1", "1.5", "1"].map {
            #"{"model":"delay","version":\#($0),"features":{}}"# + "\n"
        }
        let outcome = ScanOutcome(records.joined(), by: Self.schemas)
        #expect(outcome.schemas[0].records == 3)
        #expect(outcome.rejected == [.noReference: 2])
    }

    @Test
    func `the hello names the model of records that name none`() {
        let hello = #"{"hello":{"model":"delay","version":"2"}}"# + "\n"
        let bare = #"{"features":{"wind":1}}"# + "\n"
        let named = #"{"version":"1","features":{"temp":1}}"# + "\n"
        let null = #"{"model":null,"version":null,"features":{"wind":1}}"# + "\n"
        let outcome = ScanOutcome(hello + bare + named + null + bare, by: Self.schemas)
        #expect(outcome.schemas.map(\.records) == [1, 3])
        #expect(ScanOutcome(bare, by: Self.schemas).rejected == [.noReference: 1])
    }

    @Test
    func `the fault of a record without reference names its model`() {
        let record = #"{"model":"other","version":7,"features":{}}"# + "\n"
        let outcome = ScanOutcome(record, by: Self.schemas)
        #expect(
            outcome.faults.map(\.description) == [
                "expected a model and version with a reference, found none at byte 0 "
                    + "(other version 7)"
            ]
        )
        let nameless = ScanOutcome(#"{"features":{}}"# + "\n", by: Self.schemas)
        #expect(nameless.faults.first?.subject == "no model")
    }

    @Test
    func `two schemas of one model version are one, the first`() {
        let catalog = SchemaCatalog(Self.schemas + Self.schemas)
        #expect(catalog.index(model: "delay", version: "2") == 1)
        #expect(catalog.index(model: "delay", version: "3") == nil)
        #expect(catalog.index(model: "dela", version: "y1") == nil)
    }

    @Test(arguments: [
        #"{"hello":5}"#, #"{"hello":{"producer":5}}"#, #"{"hello":{"ack":"yes"}}"#,
        #"{"hello":{"model":[]}}"#,
        #"{"hello":{"version":true}}"#, #"{"hello":null}"#, #"{"hello":[]}"#,
        #"{"hello":{"session":{}}}"#,
    ])
    func `a hello of another form is rejected`(_ line: String) {
        let outcome = ScanOutcome(line + "\n" + SampleRecord.line + "\n", by: Self.schemas)
        #expect(outcome.rejected == [.hello: 1])
        #expect(outcome.hello == nil)
        #expect(outcome.rows[0].count == 1)
    }

    @Test
    func `a hello is the first line or none`() {
        let hello = #"{"hello":{"producer":"p","more":[1]}}"# + "\n"
        let outcome = ScanOutcome("\n \r\n" + hello + hello, by: Self.schemas)
        #expect(outcome.hello == Hello(producer: "p"))
        #expect(outcome.rejected == [.hello: 1])
        let late = ScanOutcome(SampleRecord.line + "\n" + hello, by: Self.schemas)
        #expect(late.hello == nil)
        #expect(late.rejected == [.hello: 1])
    }

    @Test(
        arguments: [
            ([#"{"dropped":3}"#, #"{"dropped":5}"#, #"{"dropped":5}"#], 5, 0),
            ([#"{"dropped":0}"#], 0, 0),
            ([#"{"dropped":5}"#, #"{"dropped":3}"#, #"{"dropped":6}"#], 6, 0),
            (
                [
                    #"{"dropped":-1}"#, #"{"dropped":1.5}"#, #"{"dropped":"1"}"#,
                    #"{"dropped":1e30}"#,
                ], 0, 4
            ),
        ] as [([String], UInt64, UInt64)]
    )
    func `what a producer has dropped is cumulative`(
        _ lines: [String],
        _ dropped: UInt64,
        _ malformed: UInt64
    ) {
        let outcome = ScanOutcome(lines.map { $0 + "\n" }.joined(), by: Self.schemas)
        #expect(outcome.producerDropped == dropped)
        #expect(outcome.rejected == (malformed == 0 ? [:] : [.malformed: malformed]))
    }

    @Test(arguments: [
        (#"{"id":"f1","actual":1}"#, true), (#"{"actual":null,"id":7}"#, true),
        (#"{"actual":1}"#, false), (#"{"id":null,"actual":1}"#, false), (#"{"id":"f1"}"#, false),
    ])
    func `the truth about an earlier prediction needs its id`(_ line: String, _ isTaken: Bool) {
        let outcome = ScanOutcome(line + "\n", by: Self.schemas)
        #expect(outcome.actuals == (isTaken ? 1 : 0))
        #expect(outcome.rejected == (isTaken ? [:] : [.noFeatures: 1]))
    }

    private static func permutations(of elements: [Int]) -> [[Int]] {
        guard let last = elements.last else { return [[]] }
        return permutations(of: elements.dropLast()).flatMap { shorter in
            (0...shorter.count).map { place in
                shorter[..<place] + [last] + shorter[place...]
            }
        }
    }
}
