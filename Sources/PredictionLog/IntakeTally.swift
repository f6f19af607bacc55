// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What scanners have counted since the tally was last taken.
package struct IntakeTally: Sendable {
    /// The counts of one schema.
    package struct Schema: Sendable, Equatable {
        /// Records accepted: rows of the batches and failed ones.
        package var records: UInt64 = 0
        /// Records of failed predictions.
        ///
        /// Their `outcome` is there and not `ok`, and they are in no batch.
        package var failed: UInt64 = 0
        /// Values that their column cannot have, taken as missing.
        package var invalidValues: UInt64 = 0
        /// Values under a name that the reference does not know.
        package var unknownFeatures: UInt64 = 0

        /// Counts nothing yet.
        package init() {}
    }

    /// The name of a feature that the reference does not know, met for the first time.
    package struct UnknownFeature: Sendable, Equatable {
        /// The schema that does not know it.
        package let schema: Int
        /// The name in the record.
        package let name: String
        /// The most similar name that the schema knows, if one is similar enough.
        package let nearest: String?
    }

    /// The counts of each schema, in the catalog's order.
    package internal(set) var schemas: [Schema]
    /// Lines with the truth about an earlier prediction.
    package internal(set) var actuals: UInt64 = 0
    /// Records that producers say they have dropped.
    package internal(set) var producerDropped: UInt64 = 0
    /// Records that were sent again, and had been decided before.
    package internal(set) var duplicates: UInt64 = 0
    /// The first fault of each reason; for the log.
    package private(set) var faults: [ScanFault] = []
    /// Names of unknown features not reported before; for the log, a few of each schema.
    package internal(set) var unknownFeatures: [UnknownFeature] = []

    private var rejections = InlineArray<12, UInt64>(repeating: 0)

    init(schemaCount: Int) {
        schemas = Array(repeating: Schema(), count: schemaCount)
    }

    /// How many lines were rejected for a reason.
    package func rejected(_ reason: RejectReason) -> UInt64 { rejections[reason.index] }

    /// The records accepted of a schema; 0 for one that is not in the catalog.
    package func records(of schema: Int) -> UInt64 {
        schemas.indices.contains(schema) ? schemas[schema].records : 0
    }

    /// The records of failed predictions of a schema; 0 for one that is not in the catalog.
    package func failed(of schema: Int) -> UInt64 {
        schemas.indices.contains(schema) ? schemas[schema].failed : 0
    }

    /// Counts a rejected line, and keeps its fault if it is the first for its reason.
    mutating func reject(_ fault: ScanFault) {
        rejections[fault.reason.index] += 1
        if rejections[fault.reason.index] == 1 { faults.append(fault) }
    }
}
