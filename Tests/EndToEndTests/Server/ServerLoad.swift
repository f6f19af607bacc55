// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// `load.py` at work: keep-alive clients that account for each request and check each number.
final class ServerLoad {
    /// What happened, as `load.py` tells it at its end.
    struct Report: Decodable {
        /// Requests sent.
        var asked: Int
        /// Whole answers, of any status.
        var answered: Int
        /// Rows in the answers of status 200.
        var rows: Int
        /// Requests left without a whole answer.
        var lost: Int
        /// Answers of status 200 whose number is not that of the version they name.
        var wrong: Int
        /// Connections that the server closed after a whole answer.
        var closed: Int
        /// Connections that were not to be had.
        var refused: Int
        var statuses: [String: Int]
        var versions: [String: Int]
        /// The first few faults in words.
        var examples: [String]
        var p50Milliseconds: Double
        var maximumMilliseconds: Double

        private enum CodingKeys: String, CodingKey {
            case asked, answered, rows, lost, wrong, closed, refused, statuses, versions, examples
            case p50Milliseconds = "p50_ms"
            case maximumMilliseconds = "max_ms"
        }

        /// Whether there were requests, and each was answered 200 with the right number.
        var isFlawless: Bool {
            answered > 0 && lost == 0 && wrong == 0 && asked == answered
                && statuses == ["200": answered]
        }
    }

    private let process: RunningProcess

    /// Starts asking.
    ///
    /// - Parameters:
    ///   - server: What is asked.
    ///   - requests: How many in all; nil goes on until `stop` or until the server is gone.
    ///   - connections: How many clients ask side by side.
    ///   - batch: Rows a request; 0 asks `/predict`.
    ///   - pause: Milliseconds between the requests of a client.
    /// - Throws: What starting Python throws, or `NeverHappened` with what it said.
    init(
        on server: RunningServer,
        requests: Int? = nil,
        connections: Int = 16,
        batch: Int = 0,
        pause: Int = 0
    ) throws {
        var arguments = [
            "--server", server.address, "--connections", "\(connections)", "--batch", "\(batch)",
            "--pause", "\(pause)",
        ]
        if let requests { arguments += ["--requests", "\(requests)"] }
        process = try PythonProof.start(
            script: "load.py",
            arguments,
            name: "load-\(UUID().uuidString.prefix(8))",
            in: server.directory
        )
        try process.waitForErrors(containing: "asking")
    }

    /// Lets the requests under way be answered and asks no more.
    func stop() throws -> Report {
        process.send(SIGINT)
        return try report()
    }

    /// Waits for the end.
    func report() throws -> Report {
        let status = process.exitCode()
        guard status == 0 else { throw NeverHappened(description: process.errors) }
        return try JSONDecoder().decode(Report.self, from: Data(process.output.utf8))
    }
}
