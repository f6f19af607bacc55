// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// The HTTP listener: Hummingbird with the sidecar's routes.
struct HTTPService: Service {
    /// Header fields of one request, in bytes; there is nothing here that needs more.
    static let maximumHeaderBytes = 16_384
    /// A connection that asks nothing for so long is closed.
    static let idle = TimeAmount.seconds(120)

    let address: ListenAddress
    let routes: SidecarRoutes
    let readiness: Readiness
    let group: any EventLoopGroup
    let logger: Logger

    func run() async throws {
        var quiet = logger
        // What goes wrong on a connection is the client's; a failed start is thrown.
        quiet.logLevel = .critical
        let (logger, readiness) = (logger, readiness)
        let application = Application(
            router: routes.router(),
            server: .http1(
                configuration: HTTP1Channel.Configuration(
                    idleTimeout: Self.idle,
                    httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                        maxHeaderFieldSize: Self.maximumHeaderBytes,
                        maxHeaderListSize: Self.maximumHeaderBytes,
                        maxHeaderFieldCount: 100
                    )
                )
            ),
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port),
                serverName: "kedge"
            ),
            onServerRunning: { channel in
                let address = channel.localAddress.flatMap { ListenAddress($0) }
                let bound = address?.description ?? "?"
                readiness.serves(at: bound)
                logger.info("serving HTTP", metadata: ["address": "\(bound)"])
            },
            eventLoopGroupProvider: .shared(group),
            logger: quiet
        )
        do {
            try await application.run()
        } catch let error as IOError {
            throw ListenError(address: address, reason: "\(SystemError(code: error.errnoCode))")
        } catch let error as SocketAddressError {
            throw ListenError(address: address, reason: "\(error)")
        }
    }
}
