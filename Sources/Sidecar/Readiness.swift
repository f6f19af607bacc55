// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What of the sidecar is up: whether it takes records, and where it serves HTTP.
package final class Readiness: Sendable {
    private struct State: Sendable {
        var isListening = false
        var address: String?
    }

    private let state = Mutex(State())

    /// Nothing is up yet.
    package init() {}

    /// Whether the socket is open: the answer of `/ready`.
    package var isReady: Bool { state.withLock { $0.isListening } }

    /// Where HTTP is served, with the port that was really taken; nil until it is.
    package var address: String? { state.withLock { $0.address } }

    func socketIsListening(_ value: Bool) {
        state.withLock { $0.isListening = value }
    }

    func serves(at address: String) {
        state.withLock { $0.address = address }
    }
}
