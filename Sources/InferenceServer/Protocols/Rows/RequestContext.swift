// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// What is known of a request for predictions before its body is read.
struct RequestContext {
    /// The deepest nesting of a body: the log's records nest it a little deeper, and the sidecar
    /// has a limit of its own.
    static let depthLimit = 64

    let limits: ServingLimits
    let arrival: Moment
    /// Whether lines are written to the log.
    let isLogged: Bool
    /// Unix seconds, for rows without a time of their own.
    let now: Double
    /// The 32 digits of a valid `traceparent`.
    let traceID: [UInt8]?

    /// Whether the request has taken more time than it may.
    var isLate: Bool { arrival.duration(to: .now) > limits.time }
}

extension RequestHead {
    /// The trace of a valid `traceparent`, as W3C Trace Context (level 1) writes it.
    ///
    /// - Returns: Its 32 digits; nil without one, for all zeros and for anything that is none.
    var traceID: [UInt8]? {
        guard let traceparent else { return nil }
        let bytes = Array(traceparent.utf8)
        // A later version may have more behind a further dash.
        guard
            bytes.count == 55
                || (bytes.count > 55 && bytes[55] == UInt8(ascii: "-")
                    && !bytes.starts(with: "00".utf8))
        else { return nil }
        for (index, byte) in bytes.prefix(55).enumerated() {
            switch index {
            case 2, 35, 52: guard byte == UInt8(ascii: "-") else { return nil }
            default: guard byte.isLowercaseHexadecimal else { return nil }
            }
        }
        let isVersionValid = !(bytes[0] == UInt8(ascii: "f") && bytes[1] == UInt8(ascii: "f"))
        let trace = bytes[3..<35]
        let isZero = trace.allSatisfy { $0 == UInt8(ascii: "0") }
        let isSpanZero = bytes[36..<52].allSatisfy { $0 == UInt8(ascii: "0") }
        return isVersionValid && !isZero && !isSpanZero ? Array(trace) : nil
    }
}

extension UInt8 {
    fileprivate var isLowercaseHexadecimal: Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= self
            || UInt8(ascii: "a")...UInt8(ascii: "f") ~= self
    }
}
