// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Where the server is between its start and its end.
package final class ServerLifecycle: Sendable {
    private let drains = Atomic<Bool>(false)
    private let boundAddress = Mutex<String?>(nil)

    /// Has only been made.
    package init() {}

    /// Whether it is shutting down: it still answers, and tells everybody to go elsewhere.
    package var isDraining: Bool { drains.load(ordering: .relaxed) }

    /// Where HTTP is served, with the port that was really taken; nil until it is.
    package var address: String? { boundAddress.withLock { $0 } }

    /// The shutdown begins.
    package func drain() {
        drains.store(true, ordering: .relaxed)
    }

    func serves(at address: String) {
        boundAddress.withLock { $0 = address }
    }
}
