// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

extension EndToEnd {
    /// Versions that change while they are asked.
    @Suite
    struct ServerSwapTests {
        /// What a run leaves over that is no leak: the allocator's, and what is kept for reuse.
        static let tolerance = 6 << 20

        @Test
        func `1,000 swaps under load fail no request and leak no memory`() async throws {
            let server = try await RunningServer()
            let load = try ServerLoad(on: server, connections: 4)
            try swap(server, times: 200)
            let before = try #require(server.process.residentBytes)
            try swap(server, times: 1_000)
            let after = try #require(server.process.residentBytes)
            let report = try load.stop()
            #expect(report.isFlawless, "\(report)")
            // Both versions were asked in good number: the swaps took effect.
            #expect(report.versions.count == 2)
            #expect(report.versions.values.allSatisfy { $0 * 10 > report.answered }, "\(report)")
            #expect(after < before + Self.tolerance, "\(before) bytes became \(after)")
        }

        private func swap(_ server: RunningServer, times: Int) throws {
            let swaps = try PythonProof.start(
                script: "swap.py",
                ["--server", server.address, "--token", server.token, "--times", "\(times)"],
                name: "swap-\(times)",
                in: server.directory
            )
            #expect(swaps.exitCode() == 0, "\(swaps.errors)")
        }
    }
}
