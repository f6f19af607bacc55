// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// What the system says about a connection that failed.
package enum ConnectionText {
    /// One clause: `Connection refused`, `not within 2s`.
    package static func of(_ error: any Error) -> String {
        switch error {
        case let error as IOError: SystemError(code: error.errnoCode).description
        case let error as NIOConnectionError:
            error.connectionErrors.last.map { of($0.error) } ?? "there is no such host"
        case ChannelError.connectTimeout(let limit):
            "not within \(DurationText.text(.nanoseconds(limit.nanoseconds)))"
        default: "\(error)"
        }
    }
}
