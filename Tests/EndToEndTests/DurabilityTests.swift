// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// What is acknowledged is decided once, whatever dies or fails (`python/durability`).
    ///
    /// `make soak` runs the same for hours of kills and a day of records.
    @Suite
    struct DurabilityTests {
        @Test(arguments: [
            "test_the_checks", "test_kill", "test_rolling", "test_failing_disk",
            "test_damaged_file", "test_sessions", "test_pressure", "test_ledger", "test_clock",
            "test_endurance",
        ])
        func `nothing acknowledged is lost or counted twice`(module: String) throws {
            let proof = try PythonProof.run(
                pytest: "Tests/EndToEndTests/python/durability/\(module).py",
                ["--kedge=\(Kedge.binary.path)"],
                in: TemporaryDirectory()
            )
            #expect(proof.status == 0, "\(proof.output)")
        }
    }
}
