// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftStatistics
import PredictionLog

/// What a reference file says, before its digest is compared.
struct ReferenceFileContent {
    let digest: String
    let reference: Reference

    /// Reads a whole document: `format` comes first, further keys in any order.
    init(
        reading cursor: inout JSONCursor,
        limits: ReferenceFile.Limits
    ) throws(ReferenceFileError) {
        try cursor.reading { cursor throws(ScanFault) in try cursor.beginObject() }
        var seen: Set<String> = []
        guard try cursor.nextKey(after: &seen) == "format" else {
            throw .noFormat(offset: cursor.offset)
        }
        let format = try cursor.whole()
        guard format == ReferenceFile.format else {
            throw .format(found: format, expected: ReferenceFile.format)
        }
        var digest: String?
        var model: String?
        var version: String?
        var rows: Int?
        var features: [FeatureReference]?
        while let key = try cursor.nextKey(after: &seen) {
            switch key {
            case "digest": digest = try cursor.referenceText()
            case "model": model = try cursor.referenceText()
            case "version": version = try cursor.referenceText()
            case "rows": rows = try cursor.whole()
            case "features":
                features = try cursor.list(.features, limit: limits.features) {
                    cursor throws(ReferenceFileError) in
                    try FeatureMembers(reading: &cursor, limits: limits)
                        .feature(endingAt: cursor.offset)
                }
            default: throw .unknownKey(key, offset: cursor.offset)
            }
        }
        let end = cursor.offset
        self.digest = try required(digest, "digest", end)
        let parts = try (
            required(model, "model", end), required(version, "version", end),
            required(rows, "rows", end), required(features, "features", end)
        )
        try cursor.reading { cursor throws(ScanFault) in try cursor.end() }
        do throws(ReferenceError) {
            reference = try Reference(
                model: parts.0,
                version: parts.1,
                rows: parts.2,
                features: parts.3
            )
        } catch {
            throw .invalid(error, feature: nil, offset: end)
        }
    }
}

/// The members of one feature's object, as they come.
private struct FeatureMembers {
    private var name: String?
    private var kind: FeatureKind?
    private var resolution: Resolution?
    private var distinct: Int?
    private var missing: UInt64?
    private var unseen: UInt64?
    private var knots: [Double]?
    private var categories: [String]?
    private var counts: [UInt64]?

    init(
        reading cursor: inout JSONCursor,
        limits: ReferenceFile.Limits
    ) throws(ReferenceFileError) {
        // Two cells a knot and one more; a category has one.
        let cells = max(2 * limits.knots + 1, limits.categories)
        var seen: Set<String> = []
        try cursor.reading { cursor throws(ScanFault) in try cursor.beginObject() }
        while let key = try cursor.nextKey(after: &seen) {
            switch key {
            case "name": name = try cursor.referenceText()
            case "kind": kind = try cursor.featureKind()
            case "resolution": resolution = try cursor.resolution()
            case "distinct": distinct = try cursor.whole()
            case "missing": missing = try cursor.count()
            case "unseen": unseen = try cursor.count()
            case "knots":
                knots = try cursor.list(.knots, limit: limits.knots) {
                    cursor throws(ReferenceFileError) in try cursor.knot()
                }
            case "categories":
                categories = try cursor.list(.categories, limit: limits.categories) {
                    cursor throws(ReferenceFileError) in try cursor.referenceText()
                }
            case "counts":
                counts = try cursor.list(.counts, limit: cells) {
                    cursor throws(ReferenceFileError) in try cursor.count()
                }
            default: throw .unknownKey(key, offset: cursor.offset)
            }
        }
    }

    /// The feature, once its object has been read to its end.
    func feature(endingAt end: Int) throws(ReferenceFileError) -> FeatureReference {
        let name = try required(name, "name", end)
        let distribution: FeatureReference.Distribution
        switch try required(kind, "kind", end) {
        case .numeric: distribution = .numeric(try numeric(name, end))
        case .categorical: distribution = .categorical(try categorical(name, end))
        }
        return FeatureReference(name: name, distribution: distribution)
    }

    private func numeric(
        _ name: String,
        _ end: Int
    ) throws(ReferenceFileError) -> NumericReference {
        if unseen != nil { throw .unknownKey("unseen", offset: end) }
        if categories != nil { throw .unknownKey("categories", offset: end) }
        let parts = try (
            required(knots, "knots", end), required(counts, "counts", end),
            required(missing, "missing", end), required(resolution, "resolution", end),
            required(distinct, "distinct", end)
        )
        do throws(ReferenceError) {
            return try NumericReference(
                knots: parts.0,
                cellCounts: parts.1,
                missing: parts.2,
                resolution: parts.3,
                distinct: parts.4
            )
        } catch {
            throw .invalid(error, feature: name, offset: end)
        }
    }

    private func categorical(
        _ name: String,
        _ end: Int
    ) throws(ReferenceFileError) -> CategoricalReference {
        if resolution != nil { throw .unknownKey("resolution", offset: end) }
        if distinct != nil { throw .unknownKey("distinct", offset: end) }
        if knots != nil { throw .unknownKey("knots", offset: end) }
        let parts = try (
            required(categories, "categories", end), required(counts, "counts", end),
            required(unseen, "unseen", end), required(missing, "missing", end)
        )
        do throws(ReferenceError) {
            return try CategoricalReference(
                categories: parts.0,
                counts: parts.1,
                unseen: parts.2,
                missing: parts.3
            )
        } catch {
            throw .invalid(error, feature: name, offset: end)
        }
    }
}

private func required<Value>(
    _ value: Value?,
    _ key: String,
    _ offset: Int
) throws(ReferenceFileError) -> Value {
    guard let value else { throw .missingKey(key, offset: offset) }
    return value
}

/// The values of reference files; a fault of the text becomes one of the file.
extension JSONCursor {
    fileprivate mutating func reading<Value>(
        _ read: (inout JSONCursor) throws(ScanFault) -> Value
    ) throws(ReferenceFileError) -> Value {
        do throws(ScanFault) { return try read(&self) } catch { throw .malformed(error) }
    }

    /// Goes to the next key of the object, which must be a new one.
    fileprivate mutating func nextKey(
        after seen: inout Set<String>
    ) throws(ReferenceFileError) -> String? {
        let key = try reading { cursor throws(ScanFault) in try cursor.nextKey() }
        guard let key else { return nil }
        guard seen.insert(key).inserted else { throw .duplicateKey(key, offset: offset) }
        return key
    }

    fileprivate mutating func referenceText() throws(ReferenceFileError) -> String {
        try reading { cursor throws(ScanFault) in try cursor.string() }
    }

    fileprivate mutating func whole() throws(ReferenceFileError) -> Int {
        try reading { cursor throws(ScanFault) in try cursor.integer() }
    }

    /// Reads a number of rows.
    fileprivate mutating func count() throws(ReferenceFileError) -> UInt64 {
        let number = try whole()
        guard let count = UInt64(exactly: number) else {
            throw .value(key: "counts", expected: "a number of rows", offset: offset)
        }
        return count
    }

    /// Reads a number, or the text of an infinity.
    fileprivate mutating func knot() throws(ReferenceFileError) -> Double {
        let kind = try reading { cursor throws(ScanFault) in try cursor.kind() }
        guard kind == .string else {
            return try reading { cursor throws(ScanFault) in try cursor.double() }
        }
        switch try referenceText() {
        case "Infinity": return .infinity
        case "-Infinity": return -.infinity
        default: throw .value(key: "knots", expected: "Infinity or -Infinity", offset: offset)
        }
    }

    fileprivate mutating func featureKind() throws(ReferenceFileError) -> FeatureKind {
        guard let kind = FeatureKind(rawValue: try referenceText()) else {
            throw .value(key: "kind", expected: "numeric or categorical", offset: offset)
        }
        return kind
    }

    fileprivate mutating func resolution() throws(ReferenceFileError) -> Resolution {
        let kind = try reading { cursor throws(ScanFault) in try cursor.kind() }
        guard kind == .string else { return .knots(try whole()) }
        guard try referenceText() == "exact" else {
            throw .value(key: "resolution", expected: "a number or exact", offset: offset)
        }
        return .exact
    }

    /// Reads an array of at most `limit` elements.
    fileprivate mutating func list<Element>(
        _ item: ReferenceFileError.Item,
        limit: Int,
        _ read: (inout JSONCursor) throws(ReferenceFileError) -> Element
    ) throws(ReferenceFileError) -> [Element] {
        try reading { cursor throws(ScanFault) in try cursor.beginArray() }
        var elements: [Element] = []
        while try reading({ cursor throws(ScanFault) in try cursor.nextElement() }) {
            guard elements.count < limit else {
                throw .tooMany(item, limit: limit, offset: offset)
            }
            elements.append(try read(&self))
        }
        return elements
    }
}
