// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Whether the sidecar takes records: the answer of `/ready`.
package final class Readiness: Sendable {
    private let listening = Atomic<Bool>(false)

    package init() {}

    package var isReady: Bool { listening.load(ordering: .relaxed) }

    func socketIsListening(_ value: Bool) {
        listening.store(value, ordering: .relaxed)
    }
}
