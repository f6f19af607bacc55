// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// The listener for everybody.
struct HTTPService: Service {
    let http: SidecarHTTP
    let address: ListenAddress
    let readiness: Readiness

    func run() async throws {
        let (logger, readiness) = (http.logger, readiness)
        let application = http.application(
            at: .hostname(address.host, port: address.port),
            isAdministrator: false
        ) { channel in
            let address = channel.localAddress.flatMap { ListenAddress($0) }
            let bound = address?.description ?? "?"
            readiness.serves(at: bound)
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
