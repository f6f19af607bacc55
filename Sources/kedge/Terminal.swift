// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Hosting
import Sidecar

/// The two streams of a command: results go to the output, everything about them to the errors.
enum Terminal {
    /// Whether somebody is watching standard error.
    static var isWatched: Bool { isatty(STDERR_FILENO) == 1 }

    /// Writes a result to standard output.
    static func output(_ text: String) {
        output(Array(text.utf8))
    }

    /// Writes a result to standard output.
    static func output(_ bytes: [UInt8]) {
        writeAll(bytes, to: STDOUT_FILENO)
    }

    /// Writes a remark to standard error, as it stands.
    static func note(_ text: String) {
        writeAll(Array(text.utf8), to: STDERR_FILENO)
    }
}
