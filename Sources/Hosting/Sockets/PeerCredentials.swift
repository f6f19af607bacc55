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
