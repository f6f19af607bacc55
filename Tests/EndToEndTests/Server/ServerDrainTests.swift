// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// How a server ends.
    @Suite
    struct ServerDrainTests {
        @Test(arguments: ["0s", "2s"])
        func `SIGTERM under load fails no request, and every record arrives or counts as dropped`(
            drain: String
        ) async throws {
            let sidecar = try RunningSidecar(configuration: try ServedFlights.configuration())
            let server = try await RunningServer(loggingTo: sidecar.socket, drain: drain)
            let loads = [
                try ServerLoad(on: server),
                try ServerLoad(on: server, connections: 8, pause: 50),
                try ServerLoad(on: server, connections: 2, batch: 2_000),
            ]
            try await server.wait(until: "the load is on") {
                try await server.total("prediction_rows_total") > 10_000
            }
            server.process.send(SIGTERM)
            if drain != "0s" {
                try await server.wait(until: "/ready is 503 while the rest is served") {
                    try await server.get("/ready").status == 503
                }
                #expect(try await server.get("/health").status == 200)
            }
            let reports = try loads.map { try $0.report() }
            #expect(server.process.exitCode() == 0, "\(server.process.errors)")
            for report in reports {
                #expect(report.isFlawless, "\(report)")
                #expect(report.refused > 0, "it ended for another reason than the server's end")
            }
            let rows = reports.map(\.rows).reduce(0, +)
            // Batches as fast as they go may be more than the sidecar's share of the machine takes.
            try await sidecar.wait(until: "all \(rows) records have arrived, or count as dropped") {
                let arrived = try await sidecar.total("kedge_ingest_records_total")
                let dropped = try await sidecar.total("kedge_producer_dropped_total")
                return arrived + dropped == Double(rows)
            }
        }

        @Test
        func `an idle server ends at once, connections kept alive or not`() async throws {
            let server = try await RunningServer()
            let idle = try ServerLoad(on: server, connections: 8, pause: 60_000)
            try await server.wait(until: "each has asked once") {
                try await server.total("prediction_rows_total") == 8
            }
            let start = ContinuousClock.now
            #expect(server.process.end() == 0, "\(server.process.errors)")
            #expect(start.duration(to: .now) < .seconds(5))
            let report = try idle.report()
            #expect(report.isFlawless && report.closed == 8, "\(report)")
        }
    }
}
