// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import ServiceLifecycle

/// Asks `Ingest` again and again whether a report is due.
struct EvaluationService: Service {
    /// How often it asks: a fraction of the event clock's second of quiet.
    static let tick = Duration.milliseconds(200)

    let ingest: Ingest

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: Self.tick)
                ingest.evaluateWhenDue()
            }
        }
        // What arrived while the socket was read out is in the last report that is scraped.
        ingest.evaluate()
    }
}
