// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// `kedge replay` against a running sidecar, and against none.
    @Suite
    struct ReplayTests {
        private static func sidecar() throws -> RunningSidecar {
            try RunningSidecar(
                configuration: """
                    references: ["\(try Flights.reference())"]
                    clock: event
                    windows: [{name: 5k, rows: 5000}]
                    """
            )
        }

        /// The number before a word of the summary: `sent 23611 records, …`.
        private static func sent(_ errors: String) -> Int? {
            guard let start = errors.range(of: "sent ", options: .backwards)?.upperBound else {
                return nil
            }
            return Int(errors[start...].prefix { $0.isNumber })
        }

        @Test
        func `every row is sent once, and the summary says so`() async throws {
            let sidecar = try Self.sidecar()
            let result = try Kedge.run(
                [
                    "replay", "--input", Flights.stream("quiet").path, "--socket", sidecar.socket,
                    "--speed", "max", "--model", "delay", "--version", "1", "--ignore", "late",
                ],
                in: sidecar.directory.url
            )
            #expect(result.status == 0, "\(result.errors)")
            #expect(Self.sent(result.errors) == 23_611)
            try await sidecar.wait(
                for: #"kedge_ingest_records_total{model="delay",model_version="1"}"#,
                toBe: 23_611
            )
        }

        @Test
        func `an interrupt ends a slow replay cleanly, with what was sent`() async throws {
            let sidecar = try Self.sidecar()
            let replay = try RunningProcess(
                Kedge.binary,
                [
                    "replay", "--input", Flights.stream("quiet").path, "--socket", sidecar.socket,
                    "--speed", "1x", "--reference", try Flights.reference(),
                ],
                in: sidecar.directory.url,
                name: "replay"
            )
            // The first hour of the file is due at once, the second only in an hour.
            let series = #"kedge_ingest_records_total{model="delay",model_version="1"}"#
            var received: Double?
            while received == nil || received == 0 { received = try await sidecar.metric(series) }
            #expect(replay.end(SIGINT) == 0)
            let sent = try #require(Self.sent(replay.errors), "\(replay.errors)")
            #expect(sent > 0 && sent < 23_611)
            try await sidecar.wait(for: series, toBe: Double(sent))
        }

        @Test
        func `a lost connection is an error, with what was sent`() async throws {
            let sidecar = try Self.sidecar()
            let replay = try RunningProcess(
                Kedge.binary,
                [
                    "replay", "--input", Flights.stream("quiet").path, "--socket", sidecar.socket,
                    "--speed", "3600x", "--reference", try Flights.reference(),
                ],
                in: sidecar.directory.url,
                name: "replay"
            )
            let series = #"kedge_ingest_records_total{model="delay",model_version="1"}"#
            var received: Double?
            while received == nil || received == 0 { received = try await sidecar.metric(series) }
            sidecar.process.end(SIGKILL)
            #expect(replay.exitCode() == 1)
            #expect(replay.errors.contains("the connection to the socket was lost"))
            #expect(Self.sent(replay.errors) ?? 0 > 0)
        }

        @Test
        func `no socket and no model are errors that say so`() throws {
            let directory = try TemporaryDirectory()
            let socket = directory.path("absent.sock")
            let arguments = [
                "replay", "--input", Flights.stream("quiet").path, "--socket", socket, "--speed",
                "max",
            ]
            let named = arguments + ["--model", "delay", "--version", "1"]
            let absent = try Kedge.run(named, in: directory.url)
            #expect(absent.status == 1)
            #expect(
                absent.errors.contains("cannot connect to \(socket): No such file or directory")
            )
            let nameless = try Kedge.run(arguments, in: directory.url)
            #expect(nameless.status == 64)
            #expect(nameless.errors.contains("--model"))
        }
    }
}
