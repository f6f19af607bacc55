// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting

extension ConnectionState.Refusal {
    /// What the client is told.
    var answer: ServerAnswer {
        let (status, code, message) =
            switch self {
            case .malformed: (400, "malformed", "this is no request of HTTP/1.1")
            case .timeout: (408, "request_timeout", "the request did not come in time")
            case .bodyTooLarge: (413, "body_too_large", "the body is larger than is taken")
            case .headerTooLarge: (431, "header_too_large", "the header is larger than is taken")
            }
        return .json(status: status) { $0.error(code: code, message: message) }
    }
}
