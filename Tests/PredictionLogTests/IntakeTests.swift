// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog
import Testing

/// What scanners fill and monitors drain.
struct IntakeTests {
    @Test
    func `every reason is a label of its own and can be counted`() {
        let labels = RejectReason.allCases.map(\.rawValue)
        #expect(Set(labels).count == labels.count)
        #expect(labels.allSatisfy { $0.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "_" } })
        let tally = Intake(catalog: SchemaCatalog([])).tally
        #expect(RejectReason.allCases.allSatisfy { tally.rejected($0) == 0 })
    }

    @Test
    func `a batch takes rows of its columns until it is full`() {
        var batch = RecordBatch(columnCount: 2, capacity: 2)
        let rows: [(numbers: [Double], cells: [UInt16])] = [
            ([1], [0, 1]), ([1.5, .nan], [0, 7]), ([2.5, .nan], [0, 8]), ([3.5, 0], [0, 9]),
        ]
        let isTaken = rows.map { row in
            batch.append(timestamp: 1, numbers: row.numbers.span, cells: row.cells.span)
        }
        #expect(isTaken == [false, true, true, false])
        #expect(batch.isFull)
        #expect(Array(batch.numbers[..<2]) == [1.5, 2.5])
        #expect(Array(batch.cells[2...]) == [7, 8])
        batch.removeAll()
        #expect(batch.rows == 0 && !batch.isFull)
    }

    @Test
    func `a batch has room for one row at least`() {
        let batch = RecordBatch(columnCount: -1, capacity: 0)
        #expect(batch.capacity == 1)
        #expect(batch.columnCount == 0)
    }

    @Test
    func `a replaced catalog keeps the counts that belong to no schema`() {
        var intake = Intake(catalog: SchemaCatalog(SampleRecord.schemas))
        var scanner = RecordScanner()
        let bytes = Array("x\n{\"dropped\":2}\n\(SampleRecord.line)\n".utf8)
        #expect(scanner.scan(bytes.span, into: &intake) == bytes.count)
        intake.replaceCatalog(SchemaCatalog([SampleRecord.secondSchema]))
        let tally = intake.takeTally()
        #expect(tally.rejected(.malformed) == 1)
        #expect(tally.producerDropped == 2)
        #expect(tally.schemas == [IntakeTally.Schema()])
        #expect(tally.records(of: 5) == 0 && tally.failed(of: -1) == 0)
        #expect(intake.batches.map(\.rows) == [0])
    }
}
