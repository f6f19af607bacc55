// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// Everything that scanning some bytes has led to.
struct ScanOutcome: Equatable {
    /// A value of a row: a number, or the cell of a category.
    enum Value: Equatable {
        case number(Double)
        case cell(Int)
        case missing
    }

    /// A row of a batch.
    struct Row: Equatable {
        var timestamp: Double?
        var values: [Value]
    }

    /// The rows of each schema.
    var rows: [[Row]]
    /// The counts of each schema.
    var schemas: [IntakeTally.Schema]
    var rejected: [RejectReason: UInt64] = [:]
    var actuals: UInt64 = 0
    var producerDropped: UInt64 = 0
    var faults: [ScanFault] = []
    var unknownFeatures: [IntakeTally.UnknownFeature] = []
    var hello: Hello?

    init(schemaCount: Int) {
        rows = Array(repeating: [], count: schemaCount)
        schemas = Array(repeating: IntakeTally.Schema(), count: schemaCount)
    }

    /// Scans bytes in pieces, draining a batch whenever one is full, and ends the stream.
    init(
        _ pieces: some Sequence<[UInt8]>,
        by schemas: [RecordSchema],
        limits: ScanLimits = ScanLimits(),
        capacity: Int = 256
    ) {
        self.init(schemaCount: schemas.count)
        var intake = Intake(catalog: SchemaCatalog(schemas), batchCapacity: capacity)
        var scanner = RecordScanner(limits: limits)
        for piece in pieces {
            var start = 0
            while start < piece.count {
                start += scanner.scan(piece.span.extracting(start..<piece.count), into: &intake)
                drain(&intake)
            }
        }
        scanner.finish(into: &intake)
        let tally = intake.takeTally()
        self.schemas = tally.schemas
        for reason in RejectReason.allCases where tally.rejected(reason) > 0 {
            rejected[reason] = tally.rejected(reason)
        }
        actuals = tally.actuals
        producerDropped = tally.producerDropped
        faults = tally.faults
        unknownFeatures = tally.unknownFeatures
        hello = scanner.hello
    }

    /// Scans one text.
    init(
        _ text: String,
        by schemas: [RecordSchema],
        limits: ScanLimits = ScanLimits()
    ) {
        self.init([Array(text.utf8)], by: schemas, limits: limits)
    }

    private mutating func drain(_ intake: inout Intake) {
        for index in intake.batches.indices {
            let schema = intake.catalog.schemas[index]
            for row in 0..<intake.batches[index].rows {
                rows[index].append(Row(intake.batches[index], row, schema))
            }
            intake.batches[index].removeAll()
        }
    }
}

extension ScanOutcome.Row {
    init(_ batch: RecordBatch, _ row: Int, _ schema: RecordSchema) {
        let kinds = schema.features.map(\.kind) + (schema.prediction.map { [$0] } ?? [])
        let timestamp = batch.timestamps[row]
        self.timestamp = timestamp.isNaN ? nil : timestamp
        values = kinds.enumerated().map { column, kind in
            let index = column * batch.capacity + row
            switch kind {
            case .numeric:
                let number = batch.numbers[index]
                return number.isNaN ? .missing : .number(number)
            case .categorical(let categories):
                let cell = Int(batch.cells[index])
                return cell == categories.count + 1 ? .missing : .cell(cell)
            }
        }
    }
}
