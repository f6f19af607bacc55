// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// The prediction log with acknowledgements.
    @Suite
    struct ServerAcknowledgementTests {
        private static let acknowledged = "prediction_log_acknowledged_total"
        private static let dropped = "prediction_log_dropped_total"
        private static let rows = "kedge_window_rows"

        /// A sidecar that reports often, and whose one window holds everything that is asked here.
        private static func configuration() throws -> String {
            """
            \(try ServedFlights.configuration())
            evaluate_every: 100ms
            windows: [{name: all, rows: 500000}]
            """
        }

        @Test
        func `every answer is counted exactly once over kills of the sidecar`() async throws {
            let directory = try TemporaryDirectory()
            let configuration = try Self.configuration()
            var sidecar = try RunningSidecar(configuration: configuration, in: directory)
            let server = try await RunningServer(
                ["--log-socket", sidecar.socket, "--log-acknowledge", "true"],
                in: directory
            )
            let load = try ServerLoad(on: server, connections: 4, pause: 2)
            for life in 1...6 {
                let before = try await server.total(Self.acknowledged)
                try await server.wait(until: "records are acknowledged in life \(life)") {
                    try await server.total(Self.acknowledged) > before + 200
                }
                #expect(sidecar.process.end(SIGKILL) == -SIGKILL)
                sidecar = try RunningSidecar(
                    configuration: configuration,
                    in: directory,
                    name: "sidecar-\(life)"
                )
            }
            let report = try load.stop()
            #expect(report.isFlawless, "\(report)")
            let answered = Double(report.rows)
            try await server.wait(until: "all \(answered) records are acknowledged") {
                try await server.total(Self.acknowledged) == answered
            }
            try await sidecar.wait(until: "the window holds \(answered) rows") {
                try await sidecar.total(Self.rows) == answered
            }
            #expect(try await server.total(Self.dropped) == 0)
            #expect(try await server.metric("prediction_log_unacknowledged") == 0)
            #expect(try await server.metric("prediction_log_unacknowledged_bytes") == 0)
            #expect(try await sidecar.total("kedge_ingest_rejected_total") == 0)
            #expect(try await sidecar.total("kedge_producer_dropped_total") == 0)
        }

        @Test
        func `a stopped sidecar holds nothing up, and what was kept is counted once`() async throws
        {
            let sidecar = try RunningSidecar(configuration: try Self.configuration())
            let server = try await RunningServer([
                "--log-socket", sidecar.socket, "--log-acknowledge", "true", "--log-queue", "64KiB",
            ])
            let usual = try ServerLoad(on: server, requests: 500).report()
            #expect(usual.isFlawless, "\(usual)")
            try await server.wait(for: Self.acknowledged, toBe: 500)

            sidecar.process.send(SIGSTOP)
            // More than is kept, and than the queue holds.
            let stopped = try ServerLoad(on: server, requests: 4_000).report()
            #expect(stopped.isFlawless, "\(stopped)")
            // Unchanged but for the noise of a shared machine; waiting would be for ever.
            #expect(stopped.p50Milliseconds < 3 * usual.p50Milliseconds, "\(stopped)\n\(usual)")
            let dropped = try await server.total(Self.dropped)
            #expect(dropped > 0)
            let kept = try #require(
                try await server.metric("prediction_log_unacknowledged_bytes")
            )
            // The numbers come on top.
            #expect(0 < kept && kept < 80 << 10)

            sidecar.process.send(SIGCONT)
            let counted = Double(usual.rows + stopped.rows) - dropped
            try await server.wait(for: Self.acknowledged, toBe: counted)
            try await sidecar.wait(until: "the window holds \(counted) rows") {
                try await sidecar.total(Self.rows) == counted
            }
            #expect(try await server.total(Self.dropped) == dropped)
            try await sidecar.wait(until: "the sidecar knows of \(dropped) drops") {
                try await sidecar.total("kedge_producer_dropped_total") == dropped
            }
        }
    }
}
