// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import AsyncHTTPClient
import Foundation
import Hosting
import NIOSSL
import PredictionLog

extension NotificationSender {
    /// What a receiver answered.
    package struct Answer: Sendable {
        /// The status.
        package var status: Int
        /// The value of `Retry-After`; nil without one.
        package var retryAfter: String?
        /// The body, as far as it was read.
        package var body: [UInt8]

        /// Describes an answer.
        package init(status: Int, retryAfter: String? = nil, body: [UInt8] = []) {
            self.status = status
            self.retryAfter = retryAfter
            self.body = body
        }
    }

    /// What an answer means.
    package static func judge(
        _ answer: Answer,
        _ kind: ReceiverSettings.Kind,
        hiding secrets: [String],
        now: Double = wallClockSeconds()
    ) -> Result {
        let text = oneLine(String(decoding: answer.body, as: UTF8.self), hiding: secrets)
        let said = text.isEmpty ? "" : ": \(text)"
        let reason = "the receiver answered \(answer.status)\(said)"
        let outcome: DeliveryOutcome =
            switch answer.status {
            case 200...299:
                kind == .slack && !isSlackSuccess(answer.body)
                    ? .rejected(reason: reason) : .delivered
            case 410: .gone(reason: reason)
            case 408, 425, 429, 500...599:
                .failed(reason: reason, after: seconds(answer.retryAfter, now: now))
            case 300...399: .rejected(reason: "\(reason); redirects are not followed")
            default: .rejected(reason: reason)
            }
        return Result(outcome: outcome, status: answer.status, answer: text)
    }

    /// Slack says `ok`, and whoever stands in for it `{"ok":true}`; any other text is an error.
    private static func isSlackSuccess(_ body: [UInt8]) -> Bool {
        let text = String(decoding: body, as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        if text == "ok" { return true }
        let isOK = try? JSONCursor.read(body.span) { cursor throws(ScanFault) in
            var isOK = false
            try cursor.beginObject()
            while let key = try cursor.nextKey() {
                if key == "ok", try cursor.kind() == .boolean {
                    isOK = try cursor.boolean()
                } else {
                    try cursor.skipValue()
                }
            }
            return isOK
        }
        return isOK ?? false
    }

    /// `Retry-After` in seconds: a number, or a date (RFC 9110, 10.2.3).
    private static func seconds(_ value: String?, now: Double) -> Double? {
        guard let value = value?.trimmingCharacters(in: .whitespaces), !value.isEmpty else {
            return nil
        }
        if let number = UInt32(value) { return Double(number) }
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "GMT")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return format.date(from: value).map { max(0, $0.timeIntervalSince1970 - now) }
    }

    /// What went wrong, without the URL.
    static func text(of error: any Error, _ receiver: ReceiverSettings) -> String {
        switch error {
        case let error as WebAddressError: "its URL \(error)"
        case let error as HostLookupError: "its host cannot be found: \(error.reason)"
        case is TimedOut:
            "there was no answer within \(DurationText.text(receiver.timeout))"
        case let error as AsyncHTTPClient.HTTPClientError: text(of: error, receiver)
        case let error as NIOSSLError: "its certificate or encryption fails: \(error)"
        case is CancellationError: "the process is ending"
        default: ConnectionText.of(error)
        }
    }

    private static func text(
        of error: AsyncHTTPClient.HTTPClientError,
        _ receiver: ReceiverSettings
    ) -> String {
        switch error {
        case .connectTimeout: "it could not be connected to in time"
        case .readTimeout, .deadlineExceeded:
            "there was no answer within \(DurationText.text(receiver.timeout))"
        case .remoteConnectionClosed: "the connection ended before the answer"
        case .cancelled: "the process is ending"
        default: error.shortDescription
        }
    }

    /// The parts of a URL that may be keys: what is long in its path and query.
    static func secrets(in url: String) -> [String] {
        guard let parts = URLComponents(string: url) else { return [url] }
        // As it is written, and as it is meant.
        let written = parts.percentEncodedPath + "?" + (parts.percentEncodedQuery ?? "")
        let meant = parts.path + "?" + (parts.query ?? "")
        let pieces = "\(written)/\(meant)".split { "/?&=".contains($0) }
        return [url] + pieces.filter { $0.count >= 6 }.map(String.init)
    }

    /// A text in one line of at most 200 characters, without secrets and control characters.
    static func oneLine(_ text: String, hiding secrets: [String]) -> String {
        var text = text
        // A shorter one may be part of a longer one.
        for secret in secrets.sorted(by: { $0.count > $1.count }) where !secret.isEmpty {
            text = text.replacingOccurrences(of: secret, with: "…")
        }
        let scalars = text.unicodeScalars.map { scalar -> Unicode.Scalar in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator, .format: " "
            default: scalar
            }
        }
        let words = String(String.UnicodeScalarView(scalars)).split(separator: " ")
        return String(words.joined(separator: " ").prefix(200))
    }
}

/// Runs something for a limited time.
enum Timeout {
    /// - Throws: `TimedOut`, or what `body` throws.
    static func run<T: Sendable>(
        within limit: Duration,
        _ body: @escaping @Sendable () async throws -> T
    ) async throws -> T {
        try await withThrowingTaskGroup(of: T.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: limit)
                throw TimedOut()
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw CancellationError() }
            return first
        }
    }
}

/// What had a limited time took longer.
struct TimedOut: Error {}
