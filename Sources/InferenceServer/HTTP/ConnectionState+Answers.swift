// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting

extension ConnectionState.Refusal {
    /// What the client is told: in the shape of the path's protocol where the request has one.
    ///
    /// - Parameters:
    ///   - target: What the last request asked for, with its query.
    ///   - bodyBytes: The most that a body may hold.
    /// - Returns: The answer, whole.
    func answer(to target: String, bodyBytes: Int) -> ServerAnswer {
        let dialect = Dialect(path: String(target.prefix { $0 != "?" }))
        switch self {
        case .transferCoding: return dialect.answer(.transferCoding)
        case .bodyTooLarge: return dialect.answer(.bodyTooLarge(limit: bodyBytes))
        case .malformed: return .error(400, "malformed", "this is no request of HTTP/1.1")
        case .timeout: return .error(408, "request_timeout", "the request did not come in time")
        case .headerTooLarge:
            return .error(431, "header_too_large", "the header is larger than is taken")
        }
    }
}

extension ServerAnswer {
    fileprivate static func error(
        _ status: Int,
        _ code: String,
        _ message: String
    ) -> ServerAnswer {
        .json(status: status) { $0.error(code: code, message: message) }
    }
}
