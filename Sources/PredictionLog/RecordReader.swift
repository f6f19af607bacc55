// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Reads one line at a time into an intake, and remembers what one line tells of the next.
///
/// Keys may come in any order, so the features may come before it is known whose they are. They are
/// read by the schema of the record before, in one pass; when `model` or `version` then say
/// otherwise, that part of the line is read again by the right one.
struct RecordReader: ~Copyable {
    /// What the first line said, if it was a hello.
    private(set) var hello: Hello?

    private let maxDepth: Int
    private var isFirstLine = true
    /// The records that the producer has dropped up to now, as it says.
    private(set) var dropped: UInt64 = 0
    /// The highest sequence number that is decided; nil when numbers mean nothing here.
    private(set) var decided: UInt64?
    /// The number that the line read now gives itself, until it is decided.
    private var sequence: UInt64?
    /// Whether the line read last was a hello.
    private(set) var greets = false
    private var generation: UInt64 = 0
    private var features = FeatureReader()
    private var learned = LearnedNames()
    private let keys = RecordField.keys
    private let fields = RecordField.all
    /// The field met at each position of the record last time; -1 for an unknown one.
    private var order = [Int32](repeating: -1, count: 16)
    /// Memory for texts with escapes, and for a model and version to look up.
    private var decoded: [UInt8] = []
    private var key: [UInt8] = []

    init(maxDepth: Int) {
        self.maxDepth = maxDepth
    }

    /// Goes on where the producer's session stands.
    mutating func resume(decided: UInt64?, dropped: UInt64) {
        self.decided = decided
        self.dropped = dropped
    }

    /// Reads a line, which ends before its newline.
    mutating func read(_ line: consuming ByteView, into intake: inout Intake) {
        adopt(intake.catalog)
        greets = false
        var memory: [UInt8] = []
        swap(&memory, &decoded)
        var cursor = JSONCursor(line, depthLimit: maxDepth, decoded: memory)
        memory = []
        sequence = nil
        do throws(ScanFault) {
            try readLine(&cursor, into: &intake)
        } catch {
            // A record whose number came before the fault is rejected once, and decided by that.
            if !isDuplicate(&intake) { intake.tally.reject(error) }
        }
        swap(&cursor.decoded, &decoded)
    }

    /// Reads the number of a line that is too long from what there is of it.
    ///
    /// - Returns: Whether it was decided before.
    mutating func isDuplicate(_ line: consuming ByteView, into intake: inout Intake) -> Bool {
        guard decided != nil else { return false }
        sequence = nil
        var cursor = JSONCursor(line, depthLimit: maxDepth, decoded: [])
        do throws(ScanFault) {
            try cursor.beginObject()
            while sequence == nil, let key = try cursor.nextKey() {
                if key == RecordField.seq.rawValue {
                    sequence = try cursor.readCount()
                } else {
                    try cursor.skipValue()
                }
            }
        } catch {
            // The line is cut; its number stands further behind, or nowhere.
        }
        return isDuplicate(&intake)
    }

    /// Whether the line's number is one that was decided before; else it is decided by now.
    private mutating func isDuplicate(_ intake: inout Intake) -> Bool {
        guard let sequence, let decided else { return false }
        self.sequence = nil
        guard sequence > decided else {
            intake.tally.duplicates += 1
            return true
        }
        self.decided = sequence
        return false
    }

    private mutating func adopt(_ catalog: SchemaCatalog) {
        guard generation != catalog.generation else { return }
        generation = catalog.generation
        learned = LearnedNames()
        features.adopt(catalog)
    }

    private mutating func readLine(
        _ cursor: inout JSONCursor,
        into intake: inout Intake
    ) throws(ScanFault) {
        cursor.skipBlanks()
        guard cursor.offset < cursor.bytes.count else { return }
        let isFirstLine = isFirstLine
        self.isFirstLine = false
        var fields = RecordFields()
        try cursor.beginObject()
        var position = 0
        while let key = try cursor.nextKey(
            of: keys,
            order: &order,
            at: position,
            isInOrder: position < order.count
        ) {
            position += 1
            switch key {
            case .known(let index):
                try readField(self.fields[index], &cursor, &fields, &intake)
            case .unknown: try cursor.skipValue()
            }
        }
        try cursor.end()
        if let offset = fields.helloOffset {
            guard isFirstLine else { throw cursor.fault(.hello, .firstLine, at: offset) }
            cursor.rewind(to: offset)
            hello = try Hello(reading: &cursor)
            greets = true
            learned = LearnedNames()
            return
        }
        if let dropped = fields.dropped, dropped > self.dropped {
            intake.tally.producerDropped += dropped - self.dropped
            self.dropped = dropped
        }
        if isDuplicate(&intake) { return }
        try take(fields, &cursor, into: &intake)
    }

    /// Reads the value of the key that was read last.
    @inline(__always)
    private mutating func readField(
        _ field: RecordField,
        _ cursor: inout JSONCursor,
        _ fields: inout RecordFields,
        _ intake: inout Intake
    ) throws(ScanFault) {
        cursor.skipBlanks()
        let offset = cursor.offset
        switch field {
        case .model:
            fields.modelOffset = offset
            fields.model = try Self.readName(&cursor, learned: learned.model)
        case .version:
            fields.versionOffset = offset
            fields.version = try Self.readName(&cursor, learned: learned.version)
        case .features:
            try readFeatures(&cursor, &fields, &intake)
        case .prediction:
            fields.predictionOffset = offset
            fields.predictionSchema = assumedSchema(fields, &cursor, intake.catalog)
            try readPrediction(&cursor, fields.predictionSchema, &intake)
        case .ts:
            fields.timestampFault = offset
            if let timestamp = try cursor.readTimestamp() {
                fields.timestamp = timestamp
                fields.timestampFault = nil
            }
        case .outcome: fields.isFailed = try cursor.readIsFailed()
        case .id: fields.hasIdentifier = try cursor.skipIsPresent()
        case .actual:
            fields.hasActual = true
            try cursor.skipValue()
        case .dropped: fields.dropped = try cursor.readCount()
        case .hello:
            fields.helloOffset = offset
            try cursor.skipValue()
        case .seq:
            if decided == nil {
                try cursor.skipValue()
            } else {
                sequence = try cursor.readCount()
            }
        case .latency: try cursor.skipValue()
        }
    }

    private mutating func readFeatures(
        _ cursor: inout JSONCursor,
        _ fields: inout RecordFields,
        _ intake: inout Intake
    ) throws(ScanFault) {
        fields.featuresOffset = nil
        guard cursor.byte == UInt8(ascii: "{") || cursor.byte == UInt8(ascii: "[") else {
            return try cursor.skipValue()
        }
        fields.featuresOffset = cursor.offset
        fields.featuresSchema = assumedSchema(fields, &cursor, intake.catalog)
        guard fields.featuresSchema >= 0 else { return try cursor.skipValue() }
        try features.readFeatures(
            &cursor,
            by: intake.catalog.readable[fields.featuresSchema],
            number: fields.featuresSchema,
            into: &intake.batches[fields.featuresSchema]
        )
    }

    private func readPrediction(
        _ cursor: inout JSONCursor,
        _ schema: Int,
        _ intake: inout Intake
    ) throws(ScanFault) {
        guard schema >= 0 else { return try cursor.skipValue() }
        try FeatureReader.readPrediction(
            &cursor,
            by: intake.catalog.readable[schema],
            into: &intake.batches[schema]
        )
    }

    /// Decides what a well-formed line is, and counts it.
    private mutating func take(
        _ fields: RecordFields,
        _ cursor: inout JSONCursor,
        into intake: inout Intake
    ) throws(ScanFault) {
        if fields.featuresOffset == nil, !fields.isFailed {
            if fields.hasActual, fields.hasIdentifier {
                intake.tally.actuals += 1
                return
            }
            if fields.dropped != nil { return }
            throw ScanFault(.noFeatures, at: 0, found: .nothing, expected: .features)
        }
        guard let schema = schema(of: fields, &cursor, intake.catalog) else {
            throw noReference(fields, intake.tally)
        }
        if let offset = fields.timestampFault {
            throw ScanFault(.timestamp, at: offset, found: .value, expected: .time)
        }
        if fields.isFailed {
            intake.tally.schemas[schema].failed += 1
            intake.tally.schemas[schema].records += 1
            return
        }
        try commit(fields, schema, &cursor, &intake)
    }

    private mutating func commit(
        _ fields: RecordFields,
        _ number: Int,
        _ cursor: inout JSONCursor,
        _ intake: inout Intake
    ) throws(ScanFault) {
        let schema = intake.catalog.readable[number]
        if let offset = fields.featuresOffset, fields.featuresSchema != number {
            cursor.rewind(to: offset)
            try features.readFeatures(
                &cursor,
                by: schema,
                number: number,
                into: &intake.batches[number]
            )
        }
        if let count = features.found.elementCount, count != schema.featureCount {
            let offset = fields.featuresOffset ?? 0
            throw ScanFault(
                .featureCount,
                at: offset,
                found: .count(count),
                expected: .featureCount,
                subject: "it has \(schema.featureCount)"
            )
        }
        if let offset = fields.predictionOffset {
            if fields.predictionSchema != number {
                cursor.rewind(to: offset)
                try readPrediction(&cursor, number, &intake)
            }
        } else {
            FeatureReader.clearPrediction(schema, in: &intake.batches[number])
        }
        if cursor.hasInvalidValue {
            let count = FeatureReader.clearInvalid(schema, in: &intake.batches[number])
            intake.tally.schemas[number].invalidValues += UInt64(count)
        }
        intake.batches[number].commit(timestamp: fields.timestamp)
        intake.lastFilled = number
        intake.tally.schemas[number].records += 1
        if intake.keepsLines { keepLine(fields, number, cursor, &intake) }
        if features.found.unknownCount > 0 { try countUnknown(number, &cursor, &intake) }
    }

    /// Keeps the line of a record, with what it leaves to the hello or the arrival.
    @inline(never)
    private func keepLine(
        _ fields: RecordFields,
        _ number: Int,
        _ cursor: borrowing JSONCursor,
        _ intake: inout Intake
    ) {
        let schema = intake.catalog.schemas[number]
        var missing: [(String, String)] = []
        if fields.model == .absent { missing.append(("model", schema.model)) }
        if fields.version == .absent { missing.append(("version", schema.version)) }
        var head = JSONWriter()
        head.object { head in
            for (key, value) in missing {
                head.key(key)
                head.value(value)
            }
            if fields.timestamp.isNaN {
                head.key("ts")
                head.value(intake.arrival)
            }
        }
        let count = cursor.bytes.count
        let brace = (0..<count).first { cursor.bytes[$0] == UInt8(ascii: "{") } ?? 0
        if head.bytes.count > 2 {
            // Both are objects with members: the one goes on where the other ends.
            intake.lines.append(contentsOf: head.bytes.dropLast())
            intake.lines.append(UInt8(ascii: ","))
            cursor.bytes.append(brace + 1..<count, to: &intake.lines)
        } else {
            cursor.bytes.append(brace..<count, to: &intake.lines)
        }
        intake.lines.append(UInt8(ascii: "\n"))
    }

    /// Counts unknown features, and reports those names that were not reported before.
    @inline(never)
    private func countUnknown(
        _ schema: Int,
        _ cursor: inout JSONCursor,
        _ intake: inout Intake
    ) throws(ScanFault) {
        let found = features.found
        intake.tally.schemas[schema].unknownFeatures += UInt64(found.unknownCount)
        guard !intake.reportedNames.isFull else { return }
        for index in 0..<min(found.unknownCount, found.unknownOffsets.count) {
            cursor.rewind(to: found.unknownOffsets[index])
            try cursor.readKey()
            let isNew = cursor.withText { intake.reportedNames.insert($0, schema: schema) }
            guard isNew else { continue }
            let name = String(cursor.text.prefix(200))
            let known = intake.catalog.schemas[schema].features.lazy.map(\.name)
            intake.tally.unknownFeatures.append(
                IntakeTally.UnknownFeature(
                    schema: schema,
                    name: name,
                    nearest: NearestName.of(name, among: known)
                )
            )
        }
    }
}

// MARK: - Whose record it is

extension RecordReader {
    /// Reads the name of a model or version, which comes next.
    @inline(__always)
    private static func readName(
        _ cursor: inout JSONCursor,
        learned: [UInt8]
    ) throws(ScanFault) -> RecordFields.Name {
        if !learned.isEmpty, cursor.skip(learned) { return .asLearned }
        let isPresent = try cursor.skipIsPresent()
        return isPresent ? .other : .absent
    }

    /// The schema to read by before the whole line is known; -1 for none.
    @inline(__always)
    private mutating func assumedSchema(
        _ fields: RecordFields,
        _ cursor: inout JSONCursor,
        _ catalog: SchemaCatalog
    ) -> Int {
        guard fields.model == .other || fields.version == .other || learned.schema < 0 else {
            return learned.schema
        }
        let offset = cursor.offset
        let schema = schema(of: fields, &cursor, catalog)
        cursor.rewind(to: offset)
        return schema ?? -1
    }

    /// The schema of the record's model and version.
    @inline(__always)
    private mutating func schema(
        of fields: RecordFields,
        _ cursor: inout JSONCursor,
        _ catalog: SchemaCatalog
    ) -> Int? {
        if learned.matches(fields) { return learned.schema }
        return lookUp(fields, &cursor, catalog)
    }

    @inline(never)
    private mutating func lookUp(
        _ fields: RecordFields,
        _ cursor: inout JSONCursor,
        _ catalog: SchemaCatalog
    ) -> Int? {
        key.removeAll(keepingCapacity: true)
        guard let model = appendName(fields.model, fields.modelOffset, hello?.model, &cursor)
        else { return nil }
        key.append(SchemaCatalog.keySeparator)
        guard
            let version = appendName(
                fields.version,
                fields.versionOffset,
                hello?.version,
                &cursor
            ), let schema = catalog.index(ofKey: key)
        else { return nil }
        learned.learn(model: model, version: version, in: cursor.bytes, schema: schema)
        return schema
    }

    /// Adds a model or version to the key.
    ///
    /// - Returns: Where its spelling stands in the line, empty if the hello said it; `nil` if there
    ///   is no name.
    private mutating func appendName(
        _ name: RecordFields.Name,
        _ offset: Int,
        _ standard: String?,
        _ cursor: inout JSONCursor
    ) -> Range<Int>? {
        if name == .absent {
            guard let standard else { return nil }
            key.append(contentsOf: standard.utf8)
            return 0..<0
        }
        cursor.rewind(to: offset)
        // The value was read before without a fault, so a fault cannot come now.
        guard (try? cursor.readNameText()) == true else { return nil }
        cursor.withText { text in
            for index in text.indices { key.append(text[index]) }
        }
        return offset..<cursor.offset
    }

    /// The fault of a record without reference; names it if it is the first of the tally.
    @inline(never)
    private func noReference(_ fields: RecordFields, _ tally: IntakeTally) -> ScanFault {
        var fault = ScanFault(.noReference, at: 0, found: .nothing, expected: .reference)
        if tally.rejected(.noReference) == 0 {
            let parts = key.split(separator: SchemaCatalog.keySeparator)
            let names = parts.map { String(String(decoding: $0, as: UTF8.self).prefix(100)) }
            fault.subject = names.isEmpty ? "no model" : names.joined(separator: " version ")
        }
        return fault
    }
}
