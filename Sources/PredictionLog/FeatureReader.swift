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
        let row = RowPlace(schema: schema, batch: batch)
        try readFeatures(&cursor, row, firstPosition[number], &batch.numbers, &batch.cells)
    }

    /// Reads the prediction, which comes next.
    static func readPrediction(
        _ cursor: inout JSONCursor,
        by schema: ReadableSchema,
        into batch: inout RecordBatch
    ) throws(ScanFault) {
        guard let column = schema.prediction else { return try cursor.skipValue() }
        let row = RowPlace(schema: schema, batch: batch)
        switch schema.readings[column] {
        case .numeric:
            batch.numbers[row.index(of: column)] = try cursor.readColumnNumber()
        case .categorical(let table, let categoryCount):
            batch.cells[row.index(of: column)] = try cursor.readColumnCell(
                schema.categories,
                table: table,
                categoryCount: categoryCount
            )
        }
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
        let row = RowPlace(schema: schema, batch: batch)
        var count = 0
        for column in schema.readings.indices {
            let index = row.index(of: column)
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

    private static func setMissing(
        _ column: Int,
        _ schema: ReadableSchema,
        _ batch: inout RecordBatch
    ) {
        let index = RowPlace(schema: schema, batch: batch).index(of: column)
        switch schema.readings[column] {
        case .numeric: batch.numbers[index] = .nan
        case .categorical(_, let categoryCount): batch.cells[index] = categoryCount + 1
        }
    }

    /// Reads into the columns of a batch, whose arrays are checked for uniqueness once here.
    private mutating func readFeatures(
        _ cursor: inout JSONCursor,
        _ row: RowPlace,
        _ firstPosition: Int,
        _ numbers: inout [Double],
        _ cells: inout [UInt16]
    ) throws(ScanFault) {
        var numbers = numbers.mutableSpan
        var cells = cells.mutableSpan
        row.clear(&numbers, &cells)
        if cursor.byte == UInt8(ascii: "[") {
            try readArray(&cursor, row, &numbers, &cells)
        } else {
            try readObject(&cursor, row, firstPosition, &numbers, &cells)
        }
    }

    @inline(__always)
    private mutating func readObject(
        _ cursor: inout JSONCursor,
        _ row: RowPlace,
        _ firstPosition: Int,
        _ numbers: inout MutableSpan<Double>,
        _ cells: inout MutableSpan<UInt16>
    ) throws(ScanFault) {
        var position = 0
        try cursor.beginObject()
        while let key = try cursor.nextKey(
            of: row.schema.names,
            order: &order,
            at: firstPosition &+ position,
            isInOrder: position < row.schema.featureCount
        ) {
            position &+= 1
            switch key {
            case .known(let feature):
                try row.read(feature, &cursor, &numbers, &cells)
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
        _ row: RowPlace,
        _ numbers: inout MutableSpan<Double>,
        _ cells: inout MutableSpan<UInt16>
    ) throws(ScanFault) {
        var count = 0
        try cursor.beginArray()
        while try cursor.nextElement() {
            if count < row.schema.featureCount {
                try row.read(count, &cursor, &numbers, &cells)
            } else {
                try cursor.skipValue()
            }
            count += 1
        }
        found.elementCount = count
    }
}

/// Where the next row of a batch stands in its columns.
private struct RowPlace {
    let schema: ReadableSchema
    private let row: Int
    private let capacity: Int

    init(schema: ReadableSchema, batch: borrowing RecordBatch) {
        self.schema = schema
        row = batch.rows
        capacity = batch.capacity
    }

    @inline(__always)
    func index(of column: Int) -> Int { column &* capacity &+ row }

    /// Makes all features missing.
    @inline(__always)
    func clear(_ numbers: inout MutableSpan<Double>, _ cells: inout MutableSpan<UInt16>) {
        for feature in 0..<schema.featureCount {
            numbers[index(of: feature)] = .nan
            cells[index(of: feature)] = schema.missingCells[feature]
        }
    }

    /// Reads the value of a feature, which comes next.
    @inline(__always)
    func read(
        _ feature: Int,
        _ cursor: inout JSONCursor,
        _ numbers: inout MutableSpan<Double>,
        _ cells: inout MutableSpan<UInt16>
    ) throws(ScanFault) {
        switch schema.readings[feature] {
        case .numeric:
            numbers[index(of: feature)] = try cursor.readColumnNumber()
        case .categorical(let table, let categoryCount):
            cells[index(of: feature)] = try cursor.readColumnCell(
                schema.categories,
                table: table,
                categoryCount: categoryCount
            )
        }
    }
}
