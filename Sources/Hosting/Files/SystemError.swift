// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// An error number of the system.
package struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The number, one of errno(3).
    package let code: Int32

    /// Takes what `errno` held.
    package init(code: Int32) {
        self.code = code
    }

    /// The system's words for the error.
    package var description: String {
        // strerror's result is a NUL-terminated string that glibc keeps for the calling thread.
        unsafe String(cString: strerror(code))
    }
}
