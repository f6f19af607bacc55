// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Hosting
import PredictionLog

/// The options that lead to the admin socket of a running server or sidecar, and the requests
/// through it.
struct AdminClient: ParsableArguments {
    @Option(
        help: """
            The state directory of the running process, which holds its admin socket; KEDGE_STATE \
            where there is one.
            """
    )
    var state = ProcessInfo.processInfo.environment["KEDGE_STATE"] ?? "/var/lib/kedge"

    /// A load takes as long as the models are large.
    private static let limits = HTTPClient.Limits(answering: .seconds(300))

    /// Sends a request.
    ///
    /// - Returns: The body of the answer.
    /// - Throws: `HTTPClientError`, or `RefusedAction` with the server's reason.
    func send(_ request: ClientRequest) async throws -> [UInt8] {
        let server = ServerLocation.socket(path: AdminSocket.path(inState: state))
        let answer = try await HTTPClient.answer(to: request, from: server, limits: Self.limits)
        guard answer.isSuccess else {
            throw RefusedAction(status: answer.status, reason: Self.reason(in: answer.body))
        }
        // What a command prints ends its line.
        return answer.body.last == UInt8(ascii: "\n") ? answer.body : answer.body + [0x0A]
    }

    /// Prints what a path answers, as it stands or as a table.
    ///
    /// - Parameters:
    ///   - path: The path.
    ///   - format: As it stands, or as text.
    ///   - table: The answer as text.
    /// - Throws: As `send`, or what `table` throws.
    func show(
        _ path: String,
        as format: ModelCommand.OutputFormat,
        table: (_ body: [UInt8]) throws -> String
    ) async throws {
        let body = try await send(.get(path))
        switch format {
        case .text: Terminal.output(try table(body))
        case .json: Terminal.output(body)
        }
    }

    /// The words of an error, `{"error":{"message":…}}` or `{"error":…}`; nil for another body.
    private static func reason(in body: [UInt8]) -> String? {
        try? JSONCursor.read(body.span) { cursor throws(ScanFault) in
            var reason: String?
            try cursor.beginObject()
            while let key = try cursor.nextKey() {
                guard key == "error" else {
                    try cursor.skipValue()
                    continue
                }
                if try cursor.kind() == .string {
                    reason = try cursor.string()
                    continue
                }
                try cursor.beginObject()
                while let key = try cursor.nextKey() {
                    if key == "message" {
                        reason = try cursor.string()
                    } else {
                        try cursor.skipValue()
                    }
                }
            }
            return reason
        }
    }
}

/// What the server would not do.
struct RefusedAction: Error, CustomStringConvertible {
    let status: Int
    let reason: String?

    var description: String { reason ?? "the server answered with status \(status)" }
}
