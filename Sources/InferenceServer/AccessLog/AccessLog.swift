// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting
import PredictionLog

/// One line of JSON for every request, on its way to standard error.
///
/// `{"time":"…","method":"POST","path":"/predict","status":200,"bytes":45,"latency":0.0001,…}`, with
/// `model`, `model_version`, `outcome`, `reason`, `trace_id` and `client` where there are any.
/// Telling is an addition to a bounded queue: lines that nobody reads in time are dropped and
/// counted, and no request waits for a reader.
package final class AccessLog: Sendable {
    /// Bytes of lines that wait at most.
    static let queueBytes = 1 << 20
    /// Longer paths are cut; the header's limit allows for many kilobytes.
    static let maximumPathBytes = 256

    /// The lines that wait.
    let queue: RecordQueue
    private let now: @Sendable () -> Double

    /// Makes a log that nobody reads yet.
    ///
    /// - Parameter now: The wall clock, in Unix seconds.
    package init(now: @escaping @Sendable () -> Double) {
        queue = RecordQueue(capacity: Self.queueBytes)
        self.now = now
    }

    /// Lines that were dropped.
    package var dropped: UInt64 { queue.counts.dropped }

    /// Tells a request that is over.
    package func tell(
        _ head: RequestHead,
        _ answer: ServerAnswer,
        _ summary: RequestSummary,
        latency: Duration
    ) {
        var line = JSONWriter(reservingBytes: 384)
        line.object { line in
            line.member("time", RFC3339.format(now()))
            line.member("method", head.method)
            let path = head.path.utf8.prefix(Self.maximumPathBytes)
            line.member("path", String(decoding: path, as: UTF8.self))
            line.member("status", answer.status)
            line.member("bytes", answer.body.count)
            line.member("latency", latency / .seconds(1))
            line.memberIfAny("model", summary.served?.name)
            line.memberIfAny("model_version", summary.served?.version)
            line.memberIfAny("outcome", summary.outcome?.rawValue)
            line.memberIfAny("reason", summary.reason)
            line.memberIfAny("trace_id", head.traceID.map { String(decoding: $0, as: UTF8.self) })
            line.memberIfAny("client", head.client)
        }
        line.newline()
        queue.append(line.bytes.span, records: 1)
    }
}

extension JSONWriter {
    fileprivate mutating func memberIfAny(_ name: String, _ text: String?) {
        if let text { member(name, text) }
    }
}
