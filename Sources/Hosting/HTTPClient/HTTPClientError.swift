// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Why a request had no answer.
package struct HTTPClientError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What went wrong.
    package enum Reason: Error, Sendable, Equatable {
        /// Nobody can be reached there; what the system says.
        case unreachable(String)
        /// There was no whole answer in time.
        case timedOut(after: Duration)
        /// The body of the answer is larger than the client takes, in bytes.
        case tooLarge(limit: Int)
        /// What came is no answer; what is wrong with it.
        case malformed(String)
        /// The connection ended before the answer did.
        case closed
        /// The answer to the request before has not come yet.
        case busy
        /// The path of the request cannot be sent.
        case unusablePath(String)
        /// The task was cancelled.
        case cancelled
    }

    /// Whom the request was for.
    package let server: ServerLocation
    /// What went wrong.
    package let reason: Reason

    /// Names a server and what went wrong with it.
    package init(_ reason: Reason, server: ServerLocation) {
        self.server = server
        self.reason = reason
    }

    /// One sentence, with the server.
    package var description: String {
        switch reason {
        case .unreachable(let text): "cannot connect to \(server): \(text)"
        case .timedOut(let limit): "no answer from \(server) within \(DurationText.text(limit))"
        case .tooLarge(let limit): "the answer of \(server) is over the limit of \(limit) bytes"
        case .malformed(let text): "what \(server) sent is no HTTP answer: \(text)"
        case .closed: "\(server) closed the connection before the end of its answer"
        case .busy: "the connection to \(server) has a request under way"
        case .unusablePath(let path): "\"\(path)\" is no path of a request"
        case .cancelled: "the request to \(server) was cancelled"
        }
    }
}
