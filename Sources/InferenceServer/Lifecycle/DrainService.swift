// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Logging
import ServiceLifecycle

/// Holds the shutdown up for as long as others need to notice it.
///
/// It is the last service and so the first to end: while it does, `/ready` says no and everything
/// else goes on, so that load balancers stop sending before the listener closes.
struct DrainService: Service {
    let lifecycle: ServerLifecycle
    let delay: Duration
    let logger: Logger

    func run() async throws {
        try? await gracefulShutdown()
        lifecycle.drain(for: delay)
        guard !Task.isCancelled else { return }
        logger.info("draining", metadata: ["seconds": "\(delay / .seconds(1))"])
        try? await Task.sleep(for: delay)
    }
}
