// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Files that readers see whole or not at all.
package enum AtomicFile {
    /// Writes a file under a temporary name beside its own, syncs it, and renames it into place.
    ///
    /// Whoever opens the path meets the old file or the new one, over a power cut too. After an
    /// error the old file stands and the temporary one is gone; only where the directory does not
    /// sync, the new one is in place, and a power cut may bring back the old.
    ///
    /// - Throws: `FileWriteError`.
    package static func write(_ bytes: [UInt8], to path: String) throws(FileWriteError) {
        let temporary = "\(path).\(getpid()).tmp"
        // One of this name was left by a process that was killed; in a container all are number 1.
        _ = unsafe unlink(temporary)
        do throws(SystemError) {
            try OpenFile(creating: temporary).writeAll(bytes)
            guard unsafe rename(temporary, path) == 0 else { throw SystemError(code: errno) }
            try syncDirectory(of: path)
        } catch {
            _ = unsafe unlink(temporary)
            throw FileWriteError(path: path, reason: error)
        }
    }

    /// Waits until the name is on the disk, as the content is.
    private static func syncDirectory(of path: String) throws(SystemError) {
        let parent = path.lastIndex(of: "/").map { path[...$0] } ?? "."
        let descriptor = unsafe open(String(parent), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError(code: errno) }
        defer { close(descriptor) }
        // Some file systems have no sync for directories, and say so.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw SystemError(code: errno) }
    }
}

/// Why a file cannot be written.
package struct FileWriteError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file.
    package let path: String
    /// What the system says.
    package let reason: SystemError

    /// Names a file and what the system says of it.
    package init(path: String, reason: SystemError) {
        self.path = path
        self.reason = reason
    }

    package var description: String { "cannot write \(path): \(reason)" }
}
