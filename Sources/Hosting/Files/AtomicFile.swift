// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Files that readers see whole or not at all.
package enum AtomicFile {
    /// Writes a file under a temporary name beside its own, syncs it, and renames it into place.
    ///
    /// Whoever opens the path meets the old file or the new one, over a power cut too. After an
    /// error the old file stands and the temporary one is gone.
    ///
    /// - Throws: `FileWriteError`.
    package static func write(_ bytes: [UInt8], to path: String) throws(FileWriteError) {
        let temporary = "\(path).\(getpid()).tmp"
        do throws(SystemError) {
            try OpenFile(creating: temporary).writeAll(bytes)
            guard unsafe rename(temporary, path) == 0 else { throw SystemError(code: errno) }
        } catch {
            _ = unsafe unlink(temporary)
            throw FileWriteError(path: path, reason: error)
        }
    }
}

/// Why a file cannot be written.
package struct FileWriteError: Error, Sendable, Equatable, CustomStringConvertible {
    package let path: String
    package let reason: SystemError

    package var description: String { "cannot write \(path): \(reason)" }
}
