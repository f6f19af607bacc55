// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import InferenceServer

extension Answerer {
    /// Answers `METHOD path|content type|body` as text, with 404 below `/none`; a summary tells a
    /// prediction.
    static let echo = Answerer(
        answer: { head, body in
            var text = Array("\(head.method) \(head.path)|\(head.contentType ?? "")|".utf8)
            for index in body.indices { text.append(body[index]) }
            var summary = RequestSummary()
            summary.outcome = .ok
            summary.rows = 1
            let isMissing = head.path.hasPrefix("/none")
            return (
                ServerAnswer(
                    status: isMissing ? 404 : 200,
                    contentType: "text/plain",
                    fields: isMissing ? [(name: "Allow", value: "GET")] : [],
                    body: text
                ), summary
            )
        },
        isSlow: { head, bodyBytes in head.path == "/predict/batch" && bodyBytes > 100 }
    )
}
