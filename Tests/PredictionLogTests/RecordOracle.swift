// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import PredictionLog

/// What the records of some lines are, by Foundation's parser and the plainest code.
struct RecordOracle {
    let schemas: [RecordSchema]

    /// What scanning whole lines must lead to; faults and reported names are left out, and a line
    /// that is no JSON counts as `malformed` whatever is wrong with it.
    func outcome(_ bytes: [UInt8]) -> ScanOutcome {
        var outcome = ScanOutcome(schemaCount: schemas.count)
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
        let rest = lines.removeLast()
        for (index, line) in lines.enumerated() where !line.allSatisfy(isBlank) {
            let isFirst = lines[..<index].allSatisfy { $0.allSatisfy(isBlank) }
            take(line, isFirst: isFirst, into: &outcome)
        }
        if !rest.allSatisfy(isBlank) { outcome.rejected[.truncated, default: 0] += 1 }
        return outcome
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }

    private func take(_ line: [UInt8], isFirst: Bool, into outcome: inout ScanOutcome) {
        func reject(_ reason: RejectReason) { outcome.rejected[reason, default: 0] += 1 }
        guard case .object(let record) = JSONTree.foundation(line) else {
            return reject(.malformed)
        }
        if record["hello"] != nil { return isFirst ? () : reject(.hello) }
        let isFailed =
            record["outcome"].map { ![.null, .string(Array("ok".utf8))].contains($0) } ?? false
        let features = record["features"].flatMap { $0.isContainer ? $0 : nil }
        if features == nil, !isFailed {
            if record["actual"] != nil, record["id", default: .null] != .null {
                outcome.actuals += 1
                return
            }
            return record["dropped"] == nil ? reject(.noFeatures) : ()
        }
        guard let model = record["model"]?.name, let version = record["version"]?.name,
            let index = schemas.firstIndex(where: { $0.model == model && $0.version == version })
        else { return reject(.noReference) }
        guard let timestamp = timestamp(record["ts"]) else { return reject(.timestamp) }
        if isFailed {
            outcome.schemas[index].records += 1
            outcome.schemas[index].failed += 1
            return
        }
        let schema = schemas[index]
        var values: [JSONTree] = []
        var unknownCount = 0
        switch features {
        case .object(let members):
            values = schema.features.map { members[$0.name] ?? .null }
            let names = schema.features.map(\.name)
            unknownCount = members.keys.count { !names.contains($0) }
        case .array(let elements):
            guard elements.count == schema.features.count else { return reject(.featureCount) }
            values = elements
        default: break
        }
        var kinds = schema.features.map(\.kind)
        if let prediction = schema.prediction {
            kinds.append(prediction)
            values.append(record["prediction"] ?? .null)
        }
        outcome.schemas[index].records += 1
        outcome.schemas[index].unknownFeatures += UInt64(unknownCount)
        let row = zip(kinds, values).map { kind, value in
            value.value(of: kind, &outcome.schemas[index].invalidValues)
        }
        outcome.rows[index].append(ScanOutcome.Row(timestamp: timestamp, values: row))
    }

    /// The time, or `nil` within for none; `nil` for one that is no time.
    private func timestamp(_ tree: JSONTree?) -> Double?? {
        let seconds: Double?
        switch tree {
        case nil, .null: return .some(nil)
        case .number(let number): seconds = number
        case .string(let text): seconds = RFC3339.parse(text.span)
        default: seconds = nil
        }
        guard let seconds, seconds >= 0, seconds < 253_402_300_800 else { return nil }
        return seconds
    }
}

extension JSONTree {
    fileprivate var isContainer: Bool {
        switch self {
        case .object, .array: true
        default: false
        }
    }

    fileprivate var name: String? {
        switch self {
        case .string(let text): String(decoding: text, as: UTF8.self)
        case .number(let number): canonicalText(of: number)
        default: nil
        }
    }

    fileprivate func value(
        of kind: RecordSchema.Kind,
        _ invalidCount: inout UInt64
    ) -> ScanOutcome.Value {
        switch (kind, self) {
        case (_, .null): return .missing
        case (.numeric, .number(let number)): return .number(number)
        case (.numeric, .boolean(let truth)): return .number(truth ? 1 : 0)
        case (.categorical(let categories), .string), (.categorical(let categories), .number):
            return .cell(categories.firstIndex { $0 == name } ?? categories.count)
        case (.categorical(let categories), .boolean(let truth)):
            return .cell(categories.firstIndex(of: truth ? "1" : "0") ?? categories.count)
        default:
            invalidCount += 1
            return .missing
        }
    }
}
