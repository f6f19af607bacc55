// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// What both listeners share: Hummingbird with the sidecar's routes.
struct SidecarHTTP: Sendable {
    /// Header fields of one request, in bytes; there is nothing here that needs more.
    static let maximumHeaderBytes = 16_384
    /// A connection that asks nothing for so long is closed.
    static let idle = TimeAmount.seconds(120)

    let routes: SidecarRoutes
    let group: any EventLoopGroup
    let logger: Logger

    /// A listener.
    ///
    /// - Parameters:
    ///   - address: Where it listens.
    ///   - isAdministrator: Whether who connects may change state.
    ///   - allowedUsers: Who may connect over a Unix socket; nil lets in whom its mode does.
    ///   - onServerRunning: Called with the listening channel once it takes connections.
    /// - Returns: The listener, which serves while it runs.
    func application(
        at address: BindAddress,
        isAdministrator: Bool,
        allowedUsers: Set<UInt32>? = nil,
        onServerRunning: @escaping @Sendable (any Channel) async -> Void
    ) -> some Service {
        var quiet = logger
        // What goes wrong on a connection is the client's; a failed start is thrown.
        quiet.logLevel = .critical
        return Application(
            router: routes.router(isAdministrator: isAdministrator),
            server: HTTPServerBuilder { responder in
                AdmittingChannel(
                    base: HTTP1Channel(
                        responder: responder,
                        configuration: HTTP1Channel.Configuration(
                            idleTimeout: Self.idle,
                            httpDecoderConfiguration: HTTP1Channel.Configuration
                                .DecoderConfiguration(
                                    maxHeaderFieldSize: Self.maximumHeaderBytes,
                                    maxHeaderListSize: Self.maximumHeaderBytes,
                                    maxHeaderFieldCount: 100
                                )
                        )
                    ),
                    allowedUsers: allowedUsers
                )
            },
            configuration: ApplicationConfiguration(address: address, serverName: "kedge"),
            onServerRunning: onServerRunning,
            eventLoopGroupProvider: .shared(group),
            logger: quiet
        )
    }
}

/// Connections of Hummingbird's, for those who may connect.
private struct AdmittingChannel: ServerChildChannel {
    typealias Value = HTTP1Channel.Value

    let base: HTTP1Channel
    let allowedUsers: Set<UInt32>?

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        PeerCredentials.admit(channel, allowedUsers).flatMap {
            base.setup(channel: channel, logger: logger)
        }.flatMapThrowing { value in
            try OneShotHandler.add(to: channel)
            return value
        }
    }

    func handle(value: Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}
