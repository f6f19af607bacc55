// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Where an HTTP server listens.
package enum ServerLocation: Sendable, Equatable, CustomStringConvertible {
    /// A host and a port.
    case address(ListenAddress)
    /// The file of a Unix socket.
    case socket(path: String)

    /// The address, or the path of the socket.
    package var description: String {
        switch self {
        case .address(let address): address.description
        case .socket(let path): path
        }
    }

    /// What a request says in its `Host` field; nobody's name where there is none.
    var host: String {
        switch self {
        case .address(let address): address.description
        case .socket: "localhost"
        }
    }
}
