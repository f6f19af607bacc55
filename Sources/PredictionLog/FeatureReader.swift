// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Reads the `features` and the prediction of a record into the row of a batch that comes next.
///
/// The row counts only when it is committed; until then it may be begun anew.
struct FeatureReader: ~Copyable {
    /// What the pass over `features` made last found beside values of known features.
    struct Found {
        /// The elements, if `features` is an array.
        var elementCount: Int?
        /// Values under names that the schema does not have.
        var unknownCount = 0
        /// Where the first of those names stand.
        var unknownOffsets = InlineArray<8, Int>(repeating: 0)
    }

    /// What was found beside values; set by `readFeatures`.
    private(set) var found = Found()
    /// The feature met at each position last time, schema after schema.
    private var order: [Int32] = []
    /// Where the positions of each schema begin in `order`.
    private var firstPosition: [Int] = []

    /// Forgets what was learned and takes over the schemas of a catalog.
    mutating func adopt(_ catalog: SchemaCatalog) {
        firstPosition.removeAll(keepingCapacity: true)
        order.removeAll(keepingCapacity: true)
        for schema in catalog.readable {
            firstPosition.append(order.count)
            order.append(contentsOf: repeatElement(-1, count: schema.featureCount))
        }
    }

    /// Reads the object or array that comes next.
    ///
    /// - Parameters:
    ///   - cursor: At the first byte of the value.
    ///   - schema: What to read by.
    ///   - number: The schema's position in the catalog.
    ///   - batch: Its next row is overwritten, the prediction apart.
    /// - Throws: `ScanFault`.
    mutating func readFeatures(
        _ cursor: inout JSONCursor,
        by schema: ReadableSchema,
        number: Int,
        into batch: inout RecordBatch
    ) throws(ScanFault) {
        found.elementCount = nil
        found.unknownCount = 0
        for column in 0..<schema.featureCount { Self.setMissing(column, schema, &batch) }
        if cursor.byte == UInt8(ascii: "[") {
            try readArray(&cursor, schema, &batch)
        } else {
            try readObject(&cursor, schema, firstPosition[number], &batch)
        }
    }

    /// Reads the prediction, which comes next.
    static func readPrediction(
        _ cursor: inout JSONCursor,
        by schema: ReadableSchema,
        into batch: inout RecordBatch
    ) throws(ScanFault) {
        guard let column = schema.prediction else { return try cursor.skipValue() }
        try readValue(&cursor, schema, column, &batch)
    }

    /// Marks the prediction of the row as missing.
    static func clearPrediction(_ schema: ReadableSchema, in batch: inout RecordBatch) {
        if let column = schema.prediction { setMissing(column, schema, &batch) }
    }

    /// Makes invalid values of the row missing.
    ///
    /// - Returns: How many there were.
    @inline(never)
    static func clearInvalid(_ schema: ReadableSchema, in batch: inout RecordBatch) -> Int {
        var count = 0
        for column in schema.readings.indices {
            let index = column * batch.capacity + batch.rows
            let isInvalid =
                switch schema.readings[column] {
                case .numeric: JSONCursor.isInvalid(batch.numbers[index])
                case .categorical: batch.cells[index] == JSONCursor.invalidCell
                }
            if isInvalid {
                count += 1
                setMissing(column, schema, &batch)
            }
        }
        return count
    }

    @inline(__always)
    private mutating func readObject(
        _ cursor: inout JSONCursor,
        _ schema: ReadableSchema,
        _ firstPosition: Int,
        _ batch: inout RecordBatch
    ) throws(ScanFault) {
        var position = 0
        try cursor.beginObject()
        while let key = try cursor.nextKey(
            of: schema.names,
            order: &order,
            at: firstPosition &+ position,
            isInOrder: position < schema.featureCount
        ) {
            position &+= 1
            switch key {
            case .known(let feature):
                try Self.readValue(&cursor, schema, feature, &batch)
            case .unknown(let offset):
                if found.unknownCount < found.unknownOffsets.count {
                    found.unknownOffsets[found.unknownCount] = offset
                }
                found.unknownCount += 1
                try cursor.skipValue()
            }
        }
    }

    private mutating func readArray(
        _ cursor: inout JSONCursor,
        _ schema: ReadableSchema,
        _ batch: inout RecordBatch
    ) throws(ScanFault) {
        var count = 0
        try cursor.beginArray()
        while try cursor.nextElement() {
            if count < schema.featureCount {
                try Self.readValue(&cursor, schema, count, &batch)
            } else {
                try cursor.skipValue()
            }
            count += 1
        }
        found.elementCount = count
    }

    @inline(__always)
    private static func readValue(
        _ cursor: inout JSONCursor,
        _ schema: ReadableSchema,
        _ column: Int,
        _ batch: inout RecordBatch
    ) throws(ScanFault) {
        let index = column &* batch.capacity &+ batch.rows
        switch schema.readings[column] {
        case .numeric:
            batch.numbers[index] = try cursor.readColumnNumber()
        case .categorical(let table, let categoryCount):
            batch.cells[index] = try cursor.readColumnCell(
                schema.categories,
                table: table,
                categoryCount: categoryCount
            )
        }
    }

    @inline(__always)
    private static func setMissing(
        _ column: Int,
        _ schema: ReadableSchema,
        _ batch: inout RecordBatch
    ) {
        let index = column &* batch.capacity &+ batch.rows
        switch schema.readings[column] {
        case .numeric: batch.numbers[index] = .nan
        case .categorical(_, let categoryCount): batch.cells[index] = categoryCount &+ 1
        }
    }
}
