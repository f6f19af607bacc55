// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hosting
import Hummingbird
import NIOCore
import NIOPosix

/// Lets through who may change state.
struct ChangeGate: Sendable {
    /// Nil lets nobody change state over the network.
    let token: TokenFile?
    /// Whether whoever is connected may change state.
    let isAdministrator: Bool

    /// Why a request may not change state, or nil; the token's file is read on a thread for what
    /// blocks.
    func refusal(of request: Request) async throws -> ChangeRefusal? {
        let authorization = request.headers[.authorization]
        let (token, isAdministrator) = (token, isAdministrator)
        return try await NIOThreadPool.singleton.runIfActive {
            ChangeRefusal(authorization: authorization, isAdministrator: isAdministrator) {
                token?.authorizes($0) ?? false
            }
        }
    }
}
