// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

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
        write(bytes, to: STDOUT_FILENO)
    }

    /// Writes a remark to standard error, as it stands.
    static func note(_ text: String) {
        write(Array(text.utf8), to: STDERR_FILENO)
    }

    /// Writes everything, or stops where the other end has gone.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = unsafe rest.withUnsafeBytes { buffer in
                // The bytes of `rest`, which stays alive for the length of the call.
                unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
            }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { return }
            rest = rest.dropFirst(written)
        }
    }
}
