// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// The listener for everybody.
struct NetworkService: Service {
    let http: ServerHTTP
    let address: ListenAddress
    let logger: Logger

    func run() async throws {
        let (lifecycle, logger) = (http.lifecycle, logger)
        let application = http.application(
            at: .hostname(address.host, port: address.port),
            isAdministrator: false
        ) { channel in
            let bound = channel.localAddress.flatMap(ListenAddress.init)?.description ?? "?"
            lifecycle.serves(at: bound)
            logger.info("serving HTTP", metadata: ["address": "\(bound)"])
        }
        do {
            try await application.run()
        } catch let error as IOError {
            throw ListenError(address: address, reason: "\(SystemError(code: error.errnoCode))")
        } catch let error as SocketAddressError {
            throw ListenError(address: address, reason: "\(error)")
        }
    }
}
