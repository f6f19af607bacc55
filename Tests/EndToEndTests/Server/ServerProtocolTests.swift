// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

extension EndToEnd {
    /// Other people's clients, and bytes of our own, against a running server.
    @Suite
    struct ServerProtocolTests {
        @Test
        func `tritonclient works unmodified`() async throws {
            try prove("test_triton_client", against: try await RunningServer())
        }

        @Test
        func `MLflow's and SageMaker's requests are answered as theirs`() async throws {
            try prove("test_mlflow_and_sagemaker", against: try await RunningServer())
        }

        @Test
        func `schemathesis finds no 500 and nothing undocumented`() async throws {
            try prove("test_openapi", against: try await RunningServer())
        }

        @Test
        func `a request has one answer, however it is put on the wire`() async throws {
            try prove("test_same_answer", against: try await RunningServer())
        }

        @Test
        func `garbage has no lasting effect`() async throws {
            let server = try await RunningServer()
            // Once for what is made at the first use, then again: nothing may pile up.
            _ = try await server.get("/metrics")
            let descriptors = try #require(server.process.openDescriptors)
            try prove("test_garbage", against: server)
            try eventually("the descriptors are given back") {
                try #require(server.process.openDescriptors) <= descriptors + 2
            }
            #expect(try #require(server.process.residentBytes) < 150 << 20)
            #expect(server.process.end() == 0, "\(server.process.errors)")
        }

        @Test
        func `every protocol serves ONNX Runtime's numbers, and every row is logged`() async throws
        {
            let sidecar = try RunningSidecar(configuration: try ServedFlights.configuration())
            let server = try await RunningServer(loggingTo: sidecar.socket)
            try prove("test_served_numbers", against: server)
            let rows = try await server.total("prediction_rows_total")
            #expect(rows > 12_000)
            try await sidecar.wait(until: "all \(rows) records have arrived") {
                try await sidecar.total("kedge_ingest_records_total") == rows
            }
            #expect(try await sidecar.total("kedge_ingest_rejected_total") == 0)
            #expect(try await server.total("prediction_log_dropped_total") == 0)
        }

        private func prove(_ module: String, against server: RunningServer) throws {
            let proof = try PythonProof.run(module, against: server)
            #expect(proof.status == 0, "\(proof.output)\n\(server.process.errors.suffix(2_000))")
        }
    }
}

/// A sidecar that watches both versions that `RunningServer` serves.
enum ServedFlights {
    static func configuration() throws -> String {
        "references: [\"\(try Flights.reference())\", \"\(try Flights.secondReference())\"]"
    }
}
