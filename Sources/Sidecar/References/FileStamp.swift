// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What the system knows about the file behind a path, links followed: as long as it stays the same
/// the content does, but for writes within one tick of the file system's clock.
struct FileStamp: Sendable, Equatable {
    /// What a path leads to.
    enum Kind: Sendable {
        case file, directory, other
    }

    let kind: Kind
    let device: UInt64
    let inode: UInt64
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
    init(of path: String) throws(SystemError) {
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
    func isSettled(now: Double) -> Bool {
        Double(max(modified.seconds, changed.seconds)) + 3 < now
    }
}

/// The names in a directory.
enum DirectoryListing {
    /// The names in the order of their UTF-8 bytes, without those that begin with a dot.
    static func names(in path: String) throws(SystemError) -> [String] {
        guard let directory = unsafe opendir(path) else { throw SystemError(code: errno) }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while true {
            errno = 0
            // The entry is valid until the next call for this directory.
            guard let entry = unsafe readdir(directory) else {
                guard errno == 0 else { throw SystemError(code: errno) }
                break
            }
            // `d_name` is the last member, NUL-terminated, and may be longer than its declaration.
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe String(
                    cString: UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self)
                )
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
