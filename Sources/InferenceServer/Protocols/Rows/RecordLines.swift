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

    /// Writes the line of the row that was read up to its prediction.
    ///
    /// An object is copied as it stands; an array becomes an object; where that is too long the
    /// model's own features are kept, and where they are too long the line is dropped: it
    /// stays empty.
    mutating func appendLineText(
        _ place: RowPlace,
        _ bytes: Span<UInt8>,
        _ context: borrowing RequestContext
    ) {
        let start = lineTexts.count
        lineTexts.append(contentsOf: plan.linePrefix)
        appendTime(place.identity.ts, bytes, context)
        if let trace = context.traceID {
            lineTexts.append(literal: ",\"trace_id\":\"")
            lineTexts.append(contentsOf: trace)
            lineTexts.append(UInt8(ascii: "\""))
        }
        let id = place.identity.id
        if !id.isAbsent, id.form != .null, id.range.count <= Self.longestIdentifier {
            lineTexts.append(literal: ",\"id\":")
            lineTexts.appendLine(of: bytes, id.range)
        }
        lineTexts.append(literal: ",\"features\":")
        let limit = Self.lineLimit - Self.envelopeRoom - plan.linePrefix.count
        if let source = place.source, !place.isArray, source.count <= limit {
            lineTexts.appendLine(of: bytes, source)
        } else {
            let values = reader.values
            lineTexts.appendObject(of: bytes, values.span, keys: plan.keys)
            if lineTexts.count - start > Self.lineLimit - Self.envelopeRoom {
                lineTexts.removeLast(lineTexts.count - start)
            }
        }
        lineEnds.append(lineTexts.count)
    }

    private mutating func appendTime(
        _ ts: FieldValue,
        _ bytes: Span<UInt8>,
        _ context: borrowing RequestContext
    ) {
        if ts.isAbsent || ts.form == .null {
            lineTexts.append(seconds: context.now)
        } else {
            lineTexts.appendLine(of: bytes, ts.range)
        }
    }

    /// Adds the lines of the rows that were run to the log; one that is too long counts as dropped.
    ///
    /// A single line is ended where it stands.
    mutating func log(
        to queue: RecordQueue,
        _ logged: ServedModel.LoggedPrediction,
        _ context: borrowing RequestContext
    ) {
        guard rows > 0 else { return }
        let nanoseconds = context.arrival.nanoseconds(to: .now)
        if rows == 1, !lineTexts.isEmpty {
            var line: [UInt8] = []
            swap(&line, &lineTexts)
            appendEnd(ofRow: 0, logged, nanoseconds, to: &line)
            queue.append(line.span, records: 1)
            swap(&line, &lineTexts)
            return
        }
        var lines: [UInt8] = []
        lines.reserveCapacity(lineTexts.count + rows * 96)
        var start = 0
        var dropped = 0
        for row in lineEnds.indices {
            let end = lineEnds[row]
            if start < end {
                lines.append(contentsOf: lineTexts[start..<end])
                appendEnd(ofRow: row, logged, nanoseconds, to: &lines)
            } else {
                dropped += 1
            }
            start = end
        }
        queue.append(lines.span, records: lineEnds.count - dropped)
        if dropped > 0 { queue.countDropped(dropped) }
    }

    private func appendEnd(
        ofRow row: Int,
        _ logged: ServedModel.LoggedPrediction,
        _ nanoseconds: Int64,
        to line: inout [UInt8]
    ) {
        line.append(literal: ",\"prediction\":")
        switch logged {
        case .probability(let index): appendProbability(of: index, row: row, to: &line)
        case .label, .value: appendPrediction(ofRow: row, to: &line)
        }
        line.append(literal: ",\"latency\":")
        line.append(nanoseconds: nanoseconds, decimals: 9)
        line.append(literal: "}\n")
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
        line.append(seconds: context.now)
        if let trace = context.traceID {
            line.append(literal: ",\"trace_id\":\"")
            line.append(contentsOf: trace)
            line.append(UInt8(ascii: "\""))
        }
        line.append(literal: ",\"features\":{},\"latency\":")
        line.append(nanoseconds: context.arrival.nanoseconds(to: .now), decimals: 9)
        line.append(contentsOf: ",\"outcome\":\"\(outcome.rawValue)\"}\n".utf8)
        queue.append(line.span, records: 1)
    }
}

extension [UInt8] {
    /// Appends Unix seconds to the microsecond; what is no time of the common years is 0.
    fileprivate mutating func append(seconds: Double) {
        let isUsual = 0..<9_000_000_000 ~= seconds
        append(nanoseconds: isUsual ? Int64(seconds * 1e6) * 1_000 : 0, decimals: 6)
    }
}
