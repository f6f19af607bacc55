// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// The Python producer, `deploy/clients/python/kedge.py`.
    @Suite
    struct PythonProducerTests {
        private static let folder = "Tests/Producers/python"

        @Test
        func `it takes the values of numpy and pandas, and its example runs`() throws {
            let proof = try PythonProof.run(
                pytest: "\(Self.folder)/libraries_test.py",
                in: try TemporaryDirectory()
            )
            #expect(proof.status == 0, "\(proof.output)")
        }

        @Test
        func `a strict sidecar finds no fault with it, on the system's Python`() throws {
            let proof = try PythonProof.run(unittest: Self.folder, in: try TemporaryDirectory())
            #expect(proof.status == 0, "\(proof.output)")
        }

        @Test
        func `the sidecar counts what it logged and what it dropped`() throws {
            let sidecar = try RunningSidecar(
                configuration: "references: [\"\(try Flights.reference())\"]"
            )
            let address = sidecar.base.absoluteString.dropFirst("http://".count)
            let proof = try PythonProof.run(
                pytest: "\(Self.folder)/sidecar_proof.py",
                ["--socket", sidecar.socket, "--metrics", "\(address)"],
                in: sidecar.directory
            )
            #expect(proof.status == 0, "\(proof.output)\n\(sidecar.process.errors.suffix(2_000))")
        }
    }
}
