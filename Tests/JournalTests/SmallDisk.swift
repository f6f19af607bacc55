// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A file system of a few pages in memory.
final class SmallDisk {
    private let path: String
    private let bytes: Int

    /// Mounts it; `nil` when this process may not.
    init?(at path: String, bytes: Int) {
        self.path = path
        self.bytes = bytes
        guard unsafe mount("tmpfs", path, "tmpfs", 0, "size=\(bytes)") == 0 else { return nil }
    }

    /// Makes it read-only, or not; no file on it may be open for writing.
    func setReadOnly(_ isReadOnly: Bool) {
        let flags = UInt(MS_REMOUNT) | (isReadOnly ? UInt(MS_RDONLY) : 0)
        _ = unsafe mount("tmpfs", path, "tmpfs", flags, "size=\(bytes)")
    }

    deinit {
        _ = unsafe umount2(path, Int32(MNT_DETACH))
    }
}
