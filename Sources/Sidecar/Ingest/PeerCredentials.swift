// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore

/// Who is at the other end of a Unix socket, as the kernel says (`SO_PEERCRED`).
///
/// The fields are those of Linux's `struct ucred`, in its order.
struct PeerCredentials: Sendable, Equatable {
    static let optionName = NIOBSDSocket.Option(rawValue: SO_PEERCRED)

    var process: Int32 = 0
    var user: UInt32 = .max
    var group: UInt32 = .max
}
