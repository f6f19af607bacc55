// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What the system knows about the file behind a path, links followed: as long as it stays the same
/// the content does, but for writes within one tick of the file system's clock.
package struct FileStamp: Sendable, Equatable {
    /// What a path leads to.
    package enum Kind: Sendable {
        case file, directory, other
    }

    /// What the path leads to.
    package let kind: Kind
    /// The device that holds the file.
    package let device: UInt64
    /// Which file of the device it is.
    package let inode: UInt64
    private let size: Int
    private let modified: Time
    private let changed: Time

    private struct Time: Equatable {
        let seconds: Int
        let nanoseconds: Int

        init(_ time: timespec) {
            seconds = time.tv_sec
            nanoseconds = time.tv_nsec
        }
    }

    /// Looks at a path.
    package init(of path: String) throws(SystemError) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw SystemError(code: errno) }
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            default: .other
            }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int(status.st_size)
        modified = Time(status.st_mtim)
        changed = Time(status.st_ctim)
    }

    /// Whether the last change is so long ago that a further one would have another time.
    ///
    /// `now` is in Unix seconds. File systems' ticks are milliseconds, of some two seconds.
    package func isSettled(now: Double) -> Bool {
        Double(max(modified.seconds, changed.seconds)) + 3 < now
    }
}
