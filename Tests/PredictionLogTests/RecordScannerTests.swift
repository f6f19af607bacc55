// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog
import TestSupport
import Testing

/// Lines out of bytes, whatever the reads are.
struct RecordScannerTests {
    static let schemas = SampleRecord.schemas

    /// A stream with a hello, records of two schemas, and every kind of odd line.
    static let stream = Array(
        ([
            #"{"hello":{"producer":"p","session":"s","ack":true,"model":"delay","version":2}}"#,
            SampleRecord.line, "", "  \t", SampleRecord.line + "\r",
            #"{"version":2,"features":{"carrier":"US","temp":1,"wind":2},"prediction":"yes"}"#,
            #"{"features":{"carrier":"AA","odd":1},"prediction":"no"}"#,
            #"{"features":[null,3.5,"x"],"prediction":"perhaps"}"#,
            #"{"features":[1,2]}"#, "garbage", "{\"a\":\"\u{1}\"}", #"{"id":"f1","actual":1}"#,
            #"{"dropped":7}"#, #"{"dropped":9}"#, String(repeating: "x", count: 700),
            #"{"model":"unknown","features":{}}"#, #"{"hello":{}}"#, SampleRecord.line,
        ].joined(separator: "\n") + "\n{\"half\":").utf8
    )

    static let limits = ScanLimits(maxLineBytes: 600)

    @Test(arguments: [
        #"{"seq":2,"features":{"temp":01}}"#, #"{"seq":2,"features":{"carrier":"\ud83d"}}"#,
        #"{"seq":2,"features":{"temp":1}} more"#, #"{"id":"a","seq":2}"#,
        #"{"seq":2,"features":{"carrier":""# + String(repeating: "x", count: 700) + #""}}"#,
        #"{"id":"a","seq":2,"features":{"carrier":""# + String(repeating: "x", count: 700),
    ])
    func `what is rejected after its number is decided, and rejected once`(line: String) {
        for size in [1, 7, 10_000] {
            var intake = Intake(catalog: SchemaCatalog(Self.schemas))
            var scanner = RecordScanner(limits: Self.limits)
            scanner.resume(decided: 1, dropped: 0)
            let bytes = Array("\(line)\n\(line)\n".utf8)
            for start in stride(from: 0, to: bytes.count, by: size) {
                let piece = Array(bytes[start..<min(start + size, bytes.count)])
                #expect(scanner.scan(piece.span, into: &intake) == piece.count)
            }
            #expect(scanner.decided == 2)
            let tally = intake.takeTally()
            let rejected = RejectReason.allCases.map { tally.rejected($0) }.reduce(0, +)
            #expect(rejected == 1 && tally.duplicates == 1)
        }
    }

    @Test(arguments: [
        #"{"features":{"temp":01},"seq":9}"#, #"{"features":{"seq":9,"temp":01}}"#, "garbage",
        #"{"features":{"carrier":"\"seq\":9"# + String(repeating: "x", count: 700),
    ])
    func `what is rejected before its number is not decided by it`(line: String) {
        var intake = Intake(catalog: SchemaCatalog(Self.schemas))
        var scanner = RecordScanner(limits: Self.limits)
        scanner.resume(decided: 1, dropped: 0)
        let bytes = Array("\(line)\n".utf8)
        #expect(scanner.scan(bytes.span, into: &intake) == bytes.count)
        #expect(scanner.decided == 1)
    }

    @Test
    func `the stream as a whole`() throws {
        let outcome = ScanOutcome([Self.stream], by: Self.schemas, limits: Self.limits)
        #expect(outcome.rows[0] == Array(repeating: SampleRecord.row, count: 3))
        #expect(
            outcome.rows[1] == [
                ScanOutcome.Row(values: [.cell(1), .number(1), .number(2), .cell(1)]),
                ScanOutcome.Row(values: [.cell(0), .missing, .missing, .cell(0)]),
                ScanOutcome.Row(values: [.missing, .number(3.5), .missing, .cell(2)]),
            ]
        )
        #expect(
            outcome.rejected == [
                .featureCount: 1, .malformed: 2, .tooLong: 1, .noReference: 1, .hello: 1,
                .truncated: 1,
            ]
        )
        #expect(outcome.actuals == 1)
        #expect(outcome.producerDropped == 9)
        #expect(outcome.schemas.map(\.records) == [3, 3])
        #expect(outcome.schemas.map(\.invalidValues) == [0, 1])
        #expect(outcome.schemas.map(\.unknownFeatures) == [3, 1])
        let hello = try #require(outcome.hello)
        #expect(
            hello
                == Hello(
                    producer: "p",
                    session: "s",
                    wantsAcknowledgement: true,
                    model: "delay",
                    version: "2"
                )
        )
    }

    @Test
    func `any two reads give the same result`() {
        let whole = ScanOutcome([Self.stream], by: Self.schemas, limits: Self.limits)
        for place in 0...Self.stream.count {
            let pieces = [Array(Self.stream[..<place]), Array(Self.stream[place...])]
            #expect(ScanOutcome(pieces, by: Self.schemas, limits: Self.limits) == whole, "\(place)")
        }
    }

    @Test(arguments: [1, 2, 3, 7, 64, 599, 600, 601])
    func `reads of one size give the same result`(_ size: Int) {
        let whole = ScanOutcome([Self.stream], by: Self.schemas, limits: Self.limits)
        let pieces = stride(from: 0, to: Self.stream.count, by: size).map { start in
            Array(Self.stream[start..<min(start + size, Self.stream.count)])
        }
        #expect(ScanOutcome(pieces, by: Self.schemas, limits: Self.limits) == whole)
    }

    @Test
    func `random reads and batches of any capacity give the same result`() {
        let whole = ScanOutcome([Self.stream], by: Self.schemas, limits: Self.limits)
        var random = SeededGenerator(seed: 1)
        for _ in 0..<200 {
            var pieces: [[UInt8]] = []
            var start = 0
            while start < Self.stream.count {
                let end = min(start + Int.random(in: 1...300, using: &random), Self.stream.count)
                pieces.append(Array(Self.stream[start..<end]))
                start = end
            }
            let capacity = Int.random(in: 1...4, using: &random)
            let outcome = ScanOutcome(
                pieces,
                by: Self.schemas,
                limits: Self.limits,
                capacity: capacity
            )
            #expect(outcome == whole)
        }
    }

    @Test
    func `a full batch stops the scan before the next line`() {
        var intake = Intake(catalog: SchemaCatalog(Self.schemas), batchCapacity: 2)
        var scanner = RecordScanner()
        let line = Array((SampleRecord.line + "\n").utf8)
        let bytes = line + line + line + line + line
        #expect(scanner.scan(bytes.span, into: &intake) == 2 * line.count)
        #expect(intake.hasFullBatch)
        #expect(scanner.scan(bytes.span, into: &intake) == 0)
        intake.batches[0].removeAll()
        #expect(!intake.hasFullBatch)
        #expect(scanner.scan(bytes.span, into: &intake) == 2 * line.count)
        intake.batches[0].removeAll()
        #expect(scanner.scan(line.span, into: &intake) == line.count)
        #expect(intake.batches[0].rows == 1)
        #expect(intake.takeTally().schemas[0].records == 5)
        #expect(intake.takeTally().schemas[0].records == 0)
    }

    @Test(arguments: [0, 1, 2])
    func `a line at the limit is taken, one byte more is skipped`(_ extra: Int) {
        let line = SampleRecord.line
        let limits = ScanLimits(maxLineBytes: line.utf8.count)
        let text = line + String(repeating: " ", count: extra) + "\n" + line + "\n"
        let outcome = ScanOutcome(text, by: Self.schemas, limits: limits)
        #expect(outcome.rows[0].count == (extra == 0 ? 2 : 1))
        #expect(outcome.rejected == (extra == 0 ? [:] : [.tooLong: 1]))
    }

    @Test
    func `an endless line is counted once`() {
        var intake = Intake(catalog: SchemaCatalog(Self.schemas))
        var scanner = RecordScanner(limits: ScanLimits(maxLineBytes: 1_000))
        let piece = [UInt8](repeating: 0x78, count: 900)
        for _ in 0..<1_000 { #expect(scanner.scan(piece.span, into: &intake) == piece.count) }
        let end = Array(("\n" + SampleRecord.line + "\n").utf8)
        #expect(scanner.scan(end.span, into: &intake) == end.count)
        scanner.finish(into: &intake)
        let tally = intake.takeTally()
        #expect(tally.rejected(.tooLong) == 1)
        #expect(tally.rejected(.truncated) == 0)
        #expect(tally.schemas[0].records == 1)
    }

    @Test
    func `a stream that ends in blanks is not truncated`() {
        #expect(ScanOutcome(" \t\r", by: Self.schemas).rejected == [:])
        #expect(ScanOutcome("{}", by: Self.schemas).rejected == [.truncated: 1])
    }

    @Test
    func `the depth limit counts the record itself`() {
        let record = SampleRecord.record(features: #"{"temp":1}"#, #","x":[[[]]]"#)
        for (depth, isTaken) in [(3, false), (4, true)] {
            let outcome = ScanOutcome(record, by: Self.schemas, limits: ScanLimits(maxDepth: depth))
            #expect(outcome.rejected == (isTaken ? [:] : [.tooDeep: 1]))
        }
    }

    @Test
    func `the first fault of each reason is kept for the log`() {
        let outcome = ScanOutcome("{\"a\" 1}\n[]\nx\n{\"a\":\"\u{1}\n", by: Self.schemas)
        #expect(outcome.rejected == [.malformed: 4])
        #expect(outcome.faults.map(\.description) == ["expected a colon, found '1' at byte 5"])
    }

    @Test
    func `a replaced catalog is noticed, and what was learned forgotten`() {
        var intake = Intake(catalog: SchemaCatalog(Self.schemas))
        var scanner = RecordScanner()
        let bytes = Array((SampleRecord.line + "\n").utf8)
        _ = scanner.scan(bytes.span, into: &intake)
        #expect(intake.batches.map(\.rows) == [1, 0])
        intake.replaceCatalog(SchemaCatalog([SampleRecord.secondSchema, SampleRecord.schema]))
        #expect(intake.batches.map(\.rows) == [0, 0])
        _ = scanner.scan(bytes.span, into: &intake)
        #expect(intake.batches.map(\.rows) == [0, 1])
        #expect(ScanOutcome.Row(intake.batches[1], 0, SampleRecord.schema) == SampleRecord.row)
        intake.replaceCatalog(SchemaCatalog([]))
        _ = scanner.scan(bytes.span, into: &intake)
        #expect(intake.takeTally().rejected(.noReference) == 1)
    }
}
