// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting
import Hummingbird
package import HummingbirdCore
package import Logging
package import NIOCore
package import NIOPosix
package import ServiceLifecycle

/// What both listeners share: how a request is answered, and with what.
package struct ServerHTTP: Sendable {
    /// Connections that wait to be accepted.
    static let backlog = 1_024

    let pipeline: RequestPipeline
    let settings: ConnectionSettings
    let lifecycle: ServerLifecycle
    let group: any EventLoopGroup
    let pool: NIOThreadPool
    let logger: Logger

    /// Gathers what the listeners share.
    ///
    /// Connections live on the event loops of the group; requests that take long go to the threads
    /// of the pool, which run already.
    package init(
        pipeline: RequestPipeline,
        settings: ConnectionSettings,
        lifecycle: ServerLifecycle,
        group: any EventLoopGroup,
        pool: NIOThreadPool,
        logger: Logger
    ) {
        self.pipeline = pipeline
        self.settings = settings
        self.lifecycle = lifecycle
        self.group = group
        self.pool = pool
        self.logger = logger
    }

    /// A listener.
    ///
    /// - Parameters:
    ///   - address: Where it listens.
    ///   - isAdministrator: Whether who connects may change state.
    ///   - allowedUsers: Who may connect over a Unix socket; nil lets in whom its mode does.
    ///   - onServerRunning: Called with the listening channel once it takes connections.
    /// - Returns: The listener, which serves while it runs.
    package func application(
        at address: BindAddress,
        isAdministrator: Bool,
        allowedUsers: Set<UInt32>? = nil,
        onServerRunning: @escaping @Sendable (any Channel) async -> Void
    ) -> some Service {
        var quiet = logger
        // What goes wrong on a connection is the client's; a failed start is thrown.
        quiet.logLevel = .critical
        return Application(
            responder: ForwardedResponder(
                pipeline: pipeline,
                bodyBytes: settings.bodyBytes,
                isAdministrator: isAdministrator,
                pool: pool
            ),
            server: HTTPServerBuilder { [self] responder in
                ServingChannel(
                    responder: responder,
                    allowedUsers: allowedUsers
                ) {
                    ConnectionHandler(
                        pipeline: pipeline,
                        settings: settings,
                        lifecycle: lifecycle,
                        isAdministrator: isAdministrator,
                        isAttached: false
                    )
                }
            },
            configuration: ApplicationConfiguration(
                address: address,
                serverName: AnswerWriter.serverName,
                backlog: Self.backlog
            ),
            onServerRunning: onServerRunning,
            eventLoopGroupProvider: .shared(group),
            logger: quiet
        )
    }
}
