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
        @Test
        func `every alert is told once, and everybody hears that it is over`() throws {
            let proof = try PythonProof.run(
                pytest: "Tests/EndToEndTests/python/alerts",
                // They wait far more than they compute. What shares a sidecar stays together.
                ["--kedge=\(Kedge.binary.path)", "--numprocesses=6", "--dist=loadgroup"],
                in: TemporaryDirectory()
            )
            #expect(proof.status == 0, "\(proof.output)")
        }
    }
}
