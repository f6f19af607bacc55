// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Alerts are raised, told once and over, whatever receivers answer and whatever dies
    /// (`python/alerts`): against a strict receiver, Debian's Alertmanager, and the libraries of
    /// Slack and Standard Webhooks.
    @Suite
    struct AlertTests {
        @Test(arguments: [
            "test_the_checks", "test_lifecycle", "test_receivers", "test_kill", "test_flights",
            "test_alertmanager", "test_slack", "test_signature", "test_secrets", "test_store",
        ])
        func `every alert is told once, and everybody hears that it is over`(
            module: String
        ) throws {
            let proof = try PythonProof.run(
                pytest: "Tests/EndToEndTests/python/alerts/\(module).py",
                ["--kedge=\(Kedge.binary.path)"],
                in: TemporaryDirectory()
            )
            #expect(proof.status == 0, "\(proof.output)")
        }
    }
}
