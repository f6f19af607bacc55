// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Where the server is between its start and its end.
package final class ServerLifecycle: Sendable {
    private let drains = Atomic<Bool>(false)
    private let movesOn = Atomic<Bool>(false)
    private let boundAddress = Mutex<String?>(nil)

    /// Has only been made.
    package init() {}

    /// Whether it is shutting down: it still answers, and tells everybody to go elsewhere.
    package var isDraining: Bool { drains.load(ordering: .relaxed) }

    /// Where HTTP is served, with the port that was really taken; nil until it is.
    package var address: String? { boundAddress.withLock { $0 } }

    /// Whether clients are asked to take their next request elsewhere: while it drains, and the
    /// listener is still there for those who have no other place to go.
    var asksToMoveOn: Bool { movesOn.load(ordering: .relaxed) }

    /// The shutdown begins, and the listener stays for a delay.
    ///
    /// Without one nobody is asked to move on before the listener is gone: who then reconnected at
    /// once would be reset by its end.
    package func drain(for delay: Duration) {
        drains.store(true, ordering: .relaxed)
        if delay > .zero { movesOn.store(true, ordering: .relaxed) }
    }

    func serves(at address: String) {
        boundAddress.withLock { $0 = address }
    }
}
