// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Where scanners put what they find: batches of rows, and counts of everything else.
///
/// One intake serves all connections behind one lock. Its owner drains the batches: takes the rows
/// of each and empties it with `removeAll()`. Until a full batch is emptied no scanner goes on.
package struct Intake: Sendable {
    /// The rows a batch holds unless said otherwise: with a dozen columns it fits the first cache.
    package static let defaultBatchCapacity = 256

    /// The schemas that records are read by.
    package private(set) var catalog: SchemaCatalog
    /// A batch for each schema, in the catalog's order.
    package var batches: [RecordBatch]
    /// What was counted since the tally was last taken.
    package internal(set) var tally: IntakeTally

    /// Whether the lines of accepted records are kept in `lines`.
    package var keepsLines = false
    /// The lines of records accepted since they were last taken, each with a newline.
    ///
    /// A line that leaves its model, version or time to the hello or the arrival says them.
    package internal(set) var lines: [UInt8] = []
    /// The arrival clock, in Unix seconds, for lines that have no time.
    package var arrival = Double.nan

    /// The batch that was filled last; whether it is still full is for `hasFullBatch` to look.
    var lastFilled = 0
    /// The unknown names that were reported already.
    var reportedNames = ReportedNames()
    private let batchCapacity: Int

    /// Makes an empty intake.
    ///
    /// - Parameters:
    ///   - catalog: The schemas that records are read by.
    ///   - batchCapacity: The rows a batch holds; at least 1.
    package init(
        catalog: SchemaCatalog,
        batchCapacity: Int = Intake.defaultBatchCapacity
    ) {
        self.catalog = catalog
        self.catalog.generation = 1
        self.batchCapacity = batchCapacity
        batches = Self.makeBatches(catalog, capacity: batchCapacity)
        tally = IntakeTally(schemaCount: catalog.schemas.count)
    }

    /// Whether scanners wait for a batch to be emptied.
    ///
    /// - Complexity: O(1).
    package var hasFullBatch: Bool {
        lastFilled < batches.count && batches[lastFilled].isFull
    }

    /// Forgets the lines and keeps their memory.
    package mutating func removeLines() { lines.removeAll(keepingCapacity: true) }

    /// Returns what was counted and starts counting anew.
    package mutating func takeTally() -> IntakeTally {
        let taken = tally
        tally = IntakeTally(schemaCount: catalog.schemas.count)
        return taken
    }

    /// Reads records by other schemas from now on.
    ///
    /// Rows of the batches and counts by schema are lost: drain and take the tally first. The other
    /// counts are kept.
    package mutating func replaceCatalog(_ catalog: SchemaCatalog) {
        let generation = self.catalog.generation + 1
        self.catalog = catalog
        self.catalog.generation = generation
        batches = Self.makeBatches(catalog, capacity: batchCapacity)
        tally.schemas = Array(repeating: IntakeTally.Schema(), count: catalog.schemas.count)
        tally.unknownFeatures = []
        reportedNames = ReportedNames()
        lastFilled = 0
    }

    private static func makeBatches(_ catalog: SchemaCatalog, capacity: Int) -> [RecordBatch] {
        catalog.schemas.map { RecordBatch(columnCount: $0.columnCount, capacity: capacity) }
    }
}
