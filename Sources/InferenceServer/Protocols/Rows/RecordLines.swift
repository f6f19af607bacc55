// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// The lines of the prediction log: the features as they were received, before anything was made of
/// them.
extension Workbench {
    /// Bytes of the longest line that the sidecar takes, its newline apart.
    static let lineLimit = 65_536
    /// Bytes of a line kept free for what is not a feature's.
    private static let envelopeRoom = 1_536
    /// Bytes of the longest `id` that is logged.
    private static let longestIdentifier = 512

    /// Notes what the line of the row that was read says between the version and the prediction.
    ///
    /// An object is copied as it stands; an array becomes an object; where that is too long the
    /// model's own features are kept, and where they are too long the line is dropped: its text
    /// stays empty.
    mutating func appendLineText(
        _ place: RowPlace,
        _ bytes: Span<UInt8>,
        _ context: borrowing RequestContext
    ) {
        let start = lineTexts.count
        appendTime(place.identity.ts, bytes, context)
        if let trace = context.traceID {
            lineTexts.append(contentsOf: ",\"trace_id\":\"".utf8)
            lineTexts.append(contentsOf: trace)
            lineTexts.append(UInt8(ascii: "\""))
        }
        let id = place.identity.id
        if !id.isAbsent, id.form != .null, id.range.count <= Self.longestIdentifier {
            lineTexts.append(contentsOf: ",\"id\":".utf8)
            lineTexts.appendLine(of: bytes, id.range)
        }
        lineTexts.append(contentsOf: ",\"features\":".utf8)
        let limit = Self.lineLimit - Self.envelopeRoom - plan.linePrefix.count
        if let source = place.source, !place.isArray, source.count <= limit {
            lineTexts.appendLine(of: bytes, source)
        } else {
            let values = reader.values
            lineTexts.appendObject(of: bytes, values.span, keys: plan.keys)
            if lineTexts.count - start > limit { lineTexts.removeLast(lineTexts.count - start) }
        }
        lineEnds.append(lineTexts.count)
    }

    private mutating func appendTime(
        _ ts: FieldValue,
        _ bytes: Span<UInt8>,
        _ context: borrowing RequestContext
    ) {
        lineTexts.append(contentsOf: ",\"ts\":".utf8)
        if ts.isAbsent || ts.form == .null {
            lineTexts.append(seconds: context.now)
        } else {
            lineTexts.appendLine(of: bytes, ts.range)
        }
    }

    /// Adds the lines of the rows that were run to the log; one that is too long counts as dropped.
    func log(
        to queue: RecordQueue,
        _ logged: ServedModel.LoggedPrediction,
        _ context: borrowing RequestContext
    ) {
        guard rows > 0 else { return }
        let latency = context.arrival.duration(to: .now)
        var lines: [UInt8] = []
        lines.reserveCapacity(lineTexts.count + rows * (plan.linePrefix.count + 96))
        let nanoseconds = latency.nanoseconds
        var start = 0
        var dropped = 0
        for (row, end) in lineEnds.enumerated() {
            defer { start = end }
            guard start < end else {
                dropped += 1
                continue
            }
            lines.append(contentsOf: plan.linePrefix)
            lines.append(contentsOf: lineTexts[start..<end])
            lines.append(contentsOf: ",\"prediction\":".utf8)
            switch logged {
            case .probability(let index): appendProbability(of: index, row: row, to: &lines)
            case .label, .value: appendPrediction(ofRow: row, to: &lines)
            }
            lines.append(contentsOf: ",\"latency\":".utf8)
            lines.append(nanoseconds: nanoseconds, decimals: 9)
            lines.append(contentsOf: "}\n".utf8)
        }
        queue.append(lines.span, records: lineEnds.count - dropped)
        if dropped > 0 { queue.countDropped(dropped) }
    }
}

extension ServedModel {
    /// Adds the line of a request that was not answered by a prediction.
    func log(
        _ outcome: PredictionOutcome,
        to queue: RecordQueue,
        _ context: borrowing RequestContext
    ) {
        var line = plan.linePrefix
        line.append(contentsOf: ",\"ts\":".utf8)
        line.append(seconds: context.now)
        if let trace = context.traceID {
            line.append(contentsOf: ",\"trace_id\":\"".utf8)
            line.append(contentsOf: trace)
            line.append(UInt8(ascii: "\""))
        }
        line.append(contentsOf: ",\"features\":{},\"latency\":".utf8)
        line.append(nanoseconds: context.arrival.duration(to: .now).nanoseconds, decimals: 9)
        line.append(contentsOf: ",\"outcome\":\"\(outcome.rawValue)\"}\n".utf8)
        queue.append(line.span, records: 1)
    }
}

extension Duration {
    /// Whole nanoseconds; those of 292 years where there are more.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowSum) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflow || overflowSum ? .max : sum
    }
}

extension [UInt8] {
    /// Appends Unix seconds to the microsecond; what is no time of the common years is 0.
    fileprivate mutating func append(seconds: Double) {
        let isUsual = 0..<9_000_000_000 ~= seconds
        append(nanoseconds: isUsual ? Int64(seconds * 1e6) * 1_000 : 0, decimals: 6)
    }
}
