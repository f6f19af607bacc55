// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc
package import NIOCore

/// Who is at the other end of a Unix socket, as the kernel says (`SO_PEERCRED`).
///
/// The fields are those of Linux's `struct ucred`, in its order.
package struct PeerCredentials: Sendable, Equatable {
    /// The socket option that asks for them.
    package static let optionName = NIOBSDSocket.Option(rawValue: SO_PEERCRED)

    /// The process that connected.
    package var process: Int32 = 0
    /// Its effective user.
    package var user: UInt32 = .max
    /// Its effective group.
    package var group: UInt32 = .max

    /// Makes what the kernel fills in; until then nobody's.
    package init() {}
}

extension PeerCredentials {
    /// Who has connected to a channel; nobody where there is no socket to ask.
    package static func peer(of channel: any Channel) -> EventLoopFuture<PeerCredentials> {
        guard let provider = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeSucceededFuture(PeerCredentials())
        }
        // SO_PEERCRED fills a `struct ucred`, whose layout `PeerCredentials` has.
        return provider.unsafeGetSocketOption(level: .socket, name: optionName)
    }

    /// Lets the allowed users pass; nil lets in whom the socket's mode does.
    ///
    /// - Returns: A failure for everybody else.
    package static func admit(
        _ channel: any Channel,
        _ allowedUsers: Set<UInt32>?
    ) -> EventLoopFuture<Void> {
        guard let allowedUsers else { return channel.eventLoop.makeSucceededVoidFuture() }
        return peer(of: channel).flatMapThrowing { peer in
            guard allowedUsers.contains(peer.user) else { throw ForeignUser() }
        }
    }
}

/// Somebody connected whom the file's mode should have kept out.
private struct ForeignUser: Error {}
