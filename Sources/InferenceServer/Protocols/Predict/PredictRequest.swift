// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// What a body of `/predict` or `/predict/batch` came to.
enum BodyReading {
    /// Its answer.
    case answered([UInt8])
    /// It names another model than the one that was tried.
    case addressed(ModelAddress)
}

/// Which of the two bodies it is.
enum PredictShape {
    /// `{"features": …}`
    case one
    /// `{"instances": […]}`
    case many
}

/// The members of a body beside its rows.
private struct Envelope {
    /// The body as a whole.
    var body = FieldValue.absent
    /// `features` or `instances`.
    var payload = FieldValue.absent
    /// The elements of the payload, if it is an array.
    var elementCount = 0
    var model = FieldValue.absent
    var version = FieldValue.absent
    var identity = RowIdentity()

    /// Whether the payload is a row: an object, or an array of the right length.
    func isRow(of width: Int) -> Bool {
        payload.form == .object || payload.form == .array && elementCount == width
    }

    /// Whether it is a row and nothing else that could be wrong: nearly every body, for which no way
    /// to a fault need be made.
    func isPlain(for width: Int) -> Bool {
        body.form == .object && isRow(of: width) && model.isAbsent && version.isAbsent
            && identity.isPlain
    }

    func address(in bytes: Span<UInt8>) -> ModelAddress? {
        if model.isAbsent, version.isAbsent { return nil }
        return ModelAddress(model: model, version: version, in: bytes)
    }
}

extension Workbench {
    /// Reads a body, runs its rows and writes the answer.
    mutating func predict(
        _ shape: PredictShape,
        _ bytes: Span<UInt8>,
        for served: ServedModel,
        _ context: RequestContext
    ) throws(RequestFailure) -> BodyReading {
        var envelope = Envelope()
        do throws(ScanFault) {
            envelope = try JSONCursor.read(bytes, maxDepth: RequestContext.depthLimit) {
                cursor throws(ScanFault) in
                let envelope =
                    switch shape {
                    case .one: try readOne(&cursor)
                    case .many: try readMany(&cursor, bytes, served, context)
                    }
                try cursor.end()
                return envelope
            }
        } catch {
            guard bytes.isEmpty else { throw .json(error) }
            refuse(.missing(at: [.name("body")], in: FieldValue(.null), bytes))
            throw .faults(faults)
        }
        if let address = envelope.address(in: bytes), !address.isAnswered(by: served) {
            return .addressed(address)
        }
        judge(envelope, shape, bytes, rowLimit: context.limits.rows)
        if case .one = shape, envelope.isRow(of: plan.names.count) {
            takeRow(
                RowPlace(
                    isArray: envelope.payload.form == .array,
                    source: envelope.payload.range,
                    identity: envelope.identity
                ),
                in: bytes,
                context
            )
        }
        try conclude(context)
        return .answered(answer(shape))
    }

    /// Runs what still waits, and ends the request if anything is wrong with it.
    mutating func conclude(_ context: RequestContext) throws(RequestFailure) {
        finish(context)
        guard faults.isEmpty else { throw .faults(faults) }
        switch stop {
        case .late: throw .late(limit: context.limits.time)
        case .run(let sentence): throw .run(sentence)
        case .broken(let sentence): throw .broken(sentence)
        case nil: return
        }
    }

    // MARK: - One row

    private mutating func readOne(_ cursor: inout JSONCursor) throws(ScanFault) -> Envelope {
        var envelope = Envelope()
        guard try cursor.kind() == .object else {
            envelope.body = try cursor.fieldValue()
            return envelope
        }
        let start = cursor.offset
        try predictKeys.begin(&cursor)
        while let key = try predictKeys.next(&cursor) {
            switch key {
            case 0: try readFeatures(&cursor, into: &envelope)
            case 1: envelope.model = try cursor.fieldValue()
            case 2: envelope.version = try cursor.fieldValue()
            case 3: envelope.identity.id = try cursor.fieldValue()
            case 4: envelope.identity.ts = try cursor.fieldValue()
            default: try cursor.skipValue()
            }
        }
        envelope.body = FieldValue(.object, range: start..<cursor.offset)
        return envelope
    }

    private mutating func readFeatures(
        _ cursor: inout JSONCursor,
        into envelope: inout Envelope
    ) throws(ScanFault) {
        switch try cursor.kind() {
        case .object, .array:
            let range = try reader.read(&cursor)
            let isArray = reader.elementCount != nil
            envelope.payload = FieldValue(isArray ? .array : .object, range: range)
            envelope.elementCount = reader.elementCount ?? 0
        default: envelope.payload = try cursor.fieldValue()
        }
    }

    // MARK: - Many rows

    private mutating func readMany(
        _ cursor: inout JSONCursor,
        _ bytes: Span<UInt8>,
        _ served: ServedModel,
        _ context: RequestContext
    ) throws(ScanFault) -> Envelope {
        var envelope = Envelope()
        guard try cursor.kind() == .object else {
            envelope.body = try cursor.fieldValue()
            return envelope
        }
        let start = cursor.offset
        try batchKeys.begin(&cursor)
        while let key = try batchKeys.next(&cursor) {
            switch key {
            case 0:
                let isOurs = envelope.address(in: bytes)?.isAnswered(by: served) ?? true
                guard isOurs, try cursor.kind() == .array else {
                    envelope.payload = try cursor.fieldValue()
                    continue
                }
                // Of a duplicate key the last one counts.
                reset()
                let start = cursor.offset
                envelope.elementCount = try readInstances(&cursor, bytes, context)
                envelope.payload = FieldValue(.array, range: start..<cursor.offset)
            case 1: envelope.model = try cursor.fieldValue()
            case 2: envelope.version = try cursor.fieldValue()
            default: try cursor.skipValue()
            }
        }
        envelope.body = FieldValue(.object, range: start..<cursor.offset)
        return envelope
    }

    /// Reads the array of instances that comes next, and takes them as rows.
    ///
    /// - Returns: How many there are; those beyond the limit are only counted.
    mutating func readInstances(
        _ cursor: inout JSONCursor,
        _ bytes: Span<UInt8>,
        _ context: RequestContext
    ) throws(ScanFault) -> Int {
        var count = 0
        try cursor.beginArray()
        while try cursor.nextElement() {
            if count < context.limits.rows, stop == nil {
                try readInstance(count, &cursor, bytes, context)
            } else {
                try cursor.skipValue()
            }
            count += 1
        }
        return count
    }

    private mutating func readInstance(
        _ number: Int,
        _ cursor: inout JSONCursor,
        _ bytes: Span<UInt8>,
        _ context: RequestContext
    ) throws(ScanFault) {
        var place = RowPlace(instance: number)
        let kind = try cursor.kind()
        guard kind == .object || kind == .array else {
            let value = try cursor.fieldValue()
            return refuse(.noObject(value, at: place.location, in: bytes))
        }
        var range = try reader.read(&cursor)
        let wrapped = reader.values[plan.names.count]
        if kind == .object, wrapped.form == .object || wrapped.form == .array {
            place.isWrapped = true
            place.identity.id = reader.values[plan.names.count + 1]
            place.identity.ts = reader.values[plan.names.count + 2]
            cursor.goBack(to: wrapped.range.lowerBound)
            let outer = range
            range = try reader.read(&cursor)
            cursor.goOn(behind: outer)
            refuse(place.identity.faults(at: RowPlace(instance: number).location, in: bytes))
        }
        place.source = range
        if let count = reader.elementCount {
            place.isArray = true
            let width = plan.names.count
            let list = FieldValue(.array, range: range)
            if let fault = ValidationFault.length(
                count,
                within: width...width,
                of: list,
                at: place.location,
                in: bytes
            ) {
                return refuse(fault)
            }
        }
        takeRow(place, in: bytes, context)
    }

    // MARK: - Faults

    private mutating func judge(
        _ envelope: Envelope,
        _ shape: PredictShape,
        _ bytes: Span<UInt8>,
        rowLimit: Int
    ) {
        if case .one = shape, envelope.isPlain(for: plan.names.count) { return }
        let body = ValidationFault.Place.name("body")
        guard envelope.body.form == .object else {
            return refuse(.noObject(envelope.body, at: [body], in: bytes))
        }
        for (name, value) in [("model", envelope.model), ("version", envelope.version)]
        where value.form != .absent {
            if let fault = ValidationFault(ofName: value, at: [body, .name(name)], in: bytes) {
                refuse(fault)
            }
        }
        switch shape {
        case .one:
            refuse(envelope.identity.faults(at: [body], in: bytes))
            judgeFeatures(envelope, at: [body, .name("features")], bytes)
        case .many:
            judgeInstances(envelope, at: [body, .name("instances")], bytes, rowLimit)
        }
    }

    private mutating func judgeFeatures(
        _ envelope: Envelope,
        at location: [ValidationFault.Place],
        _ bytes: Span<UInt8>
    ) {
        switch envelope.payload.form {
        case .absent: refuse(.missing(at: location, in: envelope.body, bytes))
        case .object: return
        case .array:
            let width = plan.names.count
            if let fault = ValidationFault.length(
                envelope.elementCount,
                within: width...width,
                of: envelope.payload,
                at: location,
                in: bytes
            ) {
                refuse(fault)
            }
        default: refuse(.noObject(envelope.payload, at: location, in: bytes))
        }
    }

    private mutating func judgeInstances(
        _ envelope: Envelope,
        at location: [ValidationFault.Place],
        _ bytes: Span<UInt8>,
        _ rowLimit: Int
    ) {
        switch envelope.payload.form {
        case .absent: refuse(.missing(at: location, in: envelope.body, bytes))
        case .array:
            if let fault = ValidationFault.length(
                envelope.elementCount,
                within: 1...max(rowLimit, 1),
                of: envelope.payload,
                at: location,
                in: bytes
            ) {
                refuse(fault)
            }
        default: refuse(.noList(envelope.payload, at: location, in: bytes))
        }
    }

    private mutating func refuse(_ faults: [ValidationFault]) {
        for fault in faults { refuse(fault) }
    }
}
