// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting
import HummingbirdCore
import ServiceLifecycle

/// The listener on the socket of the state directory, for commands.
struct AdminService: Service {
    let http: SidecarHTTP
    let socket: AdminSocket

    func run() async throws {
        try await socket.serve { listener in
            try await http.application(
                at: .unixDomainSocket(path: listener.path),
                isAdministrator: true,
                allowedUsers: listener.allowedUsers,
                onServerRunning: listener.onServerRunning
            ).run()
        }
    }
}
