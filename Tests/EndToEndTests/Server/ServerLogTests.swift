// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// The prediction log when the sidecar is late, stopped, killed and back.
    @Suite
    struct ServerLogTests {
        private static let connected = "prediction_log_connected"

        @Test
        func `a sidecar that is absent at first gets what was logged meanwhile`() async throws {
            let directory = try TemporaryDirectory()
            let server = try await RunningServer(
                loggingTo: directory.path("kedge.sock"),
                in: directory
            )
            let report = try ServerLoad(on: server, requests: 2_000).report()
            #expect(report.isFlawless, "\(report)")
            #expect(try await server.metric(Self.connected) == 0)
            let sidecar = try RunningSidecar(
                configuration: try ServedFlights.configuration(),
                in: directory
            )
            try await arrive(2_000, at: sidecar)
            #expect(try await server.metric(Self.connected) == 1)
            #expect(try await server.total("prediction_log_dropped_total") == 0)
        }

        @Test
        func `a stopped sidecar holds nothing up; drops are counted on both sides alike`()
            async throws
        {
            let sidecar = try RunningSidecar(configuration: try ServedFlights.configuration())
            let server = try await RunningServer(loggingTo: sidecar.socket)
            let usual = try ServerLoad(on: server, requests: 2_000).report()
            #expect(usual.isFlawless, "\(usual)")
            try await arrive(2_000, at: sidecar)

            sidecar.process.send(SIGSTOP)
            // More than the queue and the socket hold.
            let batches = try ServerLoad(on: server, requests: 40, connections: 2, batch: 1_000)
                .report()
            #expect(batches.isFlawless, "\(batches)")
            let dropped = try await server.total("prediction_log_dropped_total")
            #expect(dropped > 0)
            let stopped = try ServerLoad(on: server, requests: 2_000).report()
            #expect(stopped.isFlawless, "\(stopped)")
            // Unchanged but for the noise of a shared machine; waiting would be for ever.
            #expect(stopped.p50Milliseconds < 3 * usual.p50Milliseconds, "\(stopped)\n\(usual)")

            sidecar.process.send(SIGCONT)
            let rows = Double(usual.rows + batches.rows + stopped.rows)
            try await sidecar.wait(until: "what arrived and what was dropped is all") {
                let arrived = try await sidecar.total("kedge_ingest_records_total")
                let told = try await sidecar.total("kedge_producer_dropped_total")
                return arrived + told == rows
            }
            let counted = try await server.total("prediction_log_dropped_total")
            #expect(try await sidecar.total("kedge_producer_dropped_total") == counted)
            #expect(try await sidecar.total("kedge_ingest_rejected_total") == 0)
        }

        @Test
        func `logging resumes by itself after the sidecar was killed`() async throws {
            let directory = try TemporaryDirectory()
            let configuration = try ServedFlights.configuration()
            let first = try RunningSidecar(configuration: configuration, in: directory)
            let server = try await RunningServer(loggingTo: first.socket, in: directory)
            #expect(try ServerLoad(on: server, requests: 1_000).report().isFlawless)
            try await arrive(1_000, at: first)

            #expect(first.process.end(SIGKILL) == -SIGKILL)
            try await server.wait(until: "the server has seen the end") {
                try await server.metric(Self.connected) == 0
            }
            let without = try ServerLoad(on: server, requests: 2_000).report()
            #expect(without.isFlawless, "\(without)")

            let second = try RunningSidecar(
                configuration: configuration,
                in: directory,
                name: "second"
            )
            #expect(try ServerLoad(on: server, requests: 500).report().isFlawless)
            try await arrive(2_500, at: second)
            #expect(try await server.total("prediction_log_dropped_total") == 0)
        }

        /// Waits until a sidecar has counted exactly so many records.
        private func arrive(_ records: Double, at sidecar: RunningSidecar) async throws {
            try await sidecar.wait(until: "\(records) records have arrived") {
                try await sidecar.total("kedge_ingest_records_total") == records
            }
            #expect(try await sidecar.total("kedge_ingest_rejected_total") == 0)
        }
    }
}
