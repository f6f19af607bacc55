// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import GRDB
import Glibc
import PredictionLog

/// A database's file: what it is before SQLite touches it, how one is made, and how one is set
/// aside.
struct DatabaseFile: Sendable {
    /// The files that belong together, the log before the file that it belongs to.
    private static let suffixes = ["-wal", "-shm", ""]

    let path: String
    /// What it should hold.
    let schema: DatabaseSchema

    /// What stands at the path.
    enum Kind: Equatable {
        case absent
        /// What it should be, or one of an older version.
        case own
        /// Something else, and why it is none.
        case foreign(reason: String)
    }

    /// Looks at the file's header, which SQLite rewrites but never leaves half written.
    ///
    /// - Throws: `JournalError.cannotOpen`, `inputOutput`.
    func kind() throws(JournalError) -> Kind {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        if descriptor < 0 {
            if errno == ENOENT { return .absent }
            throw .cannotOpen(reason(errno, code: 14))
        }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw .inputOutput(reason(errno, code: 10))
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .unusable(path: path, reason: "not a regular file")
        }
        var header = [UInt8](repeating: 0, count: 100)
        // pread(2) writes at most 100 bytes, which is what the array holds.
        let count = unsafe header.withUnsafeMutableBytes { buffer in
            unsafe pread(descriptor, buffer.baseAddress, buffer.count, 0)
        }
        guard count >= 0 else { throw .inputOutput(reason(errno, code: 10)) }
        return kind(header: header.prefix(count))
    }

    /// Reads the file and its log to their ends.
    ///
    /// - Throws: `JournalError.cannotOpen`, `inputOutput` when the disk cannot.
    /// - Complexity: O(file).
    func readThrough() throws(JournalError) {
        for suffix in ["", "-wal"] {
            let descriptor = unsafe open(path + suffix, O_RDONLY | O_CLOEXEC)
            if descriptor < 0, errno == ENOENT { continue }
            guard descriptor >= 0 else { throw .cannotOpen(reason(errno, code: 14)) }
            defer { close(descriptor) }
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            var offset = 0
            while true {
                // pread(2) writes at most as many bytes as the array holds.
                let count = unsafe bytes.withUnsafeMutableBytes { buffer in
                    unsafe pread(descriptor, buffer.baseAddress, buffer.count, offset)
                }
                guard count >= 0 else { throw .inputOutput(reason(errno, code: 10)) }
                if count == 0 { break }
                offset += count
            }
        }
    }

    /// Judges a header ("Database File Format", sqlite.org, section 1.3).
    private func kind(header: ArraySlice<UInt8>) -> Kind {
        guard header.count == 100, header.starts(with: "SQLite format 3\0".utf8) else {
            return .foreign(reason: "it is no SQLite database")
        }
        let application = Self.number(header, at: 68)
        guard application == schema.applicationID else {
            return .foreign(reason: "it is another program's (application_id \(application))")
        }
        let version = Self.number(header, at: 60)
        guard version <= schema.version else {
            return .foreign(reason: newer(version))
        }
        return .own
    }

    /// Why a file of a newer version is not read.
    func newer(_ version: Int) -> String {
        "it is of a newer Kedge (schema \(version), this one knows \(schema.version))"
    }

    /// Makes an empty one beside the path and renames it into place: a database is there whole
    /// or not at all, however often a full disk makes this fail.
    func create(pageBytes: Int) throws(JournalError) {
        let temporary = DatabaseFile(path: path + ".new", schema: schema)
        temporary.remove()
        do {
            try temporary.fill(pageBytes: pageBytes)
            guard unsafe rename(temporary.path, path) == 0 else {
                throw JournalError.cannotOpen(reason(errno, code: 14))
            }
        } catch {
            temporary.remove()
            throw JournalError(error, of: schema.name)
        }
        syncDirectory()
    }

    private func fill(pageBytes: Int) throws {
        let queue = try DatabaseQueue(path: connectionPath)
        try queue.writeWithoutTransaction { database in
            try database.execute(
                sql: """
                    PRAGMA page_size = \(pageBytes);
                    PRAGMA auto_vacuum = INCREMENTAL;
                    PRAGMA application_id = \(schema.applicationID);
                    PRAGMA synchronous = FULL;
                    """
            )
        }
        try schema.migrator.migrate(queue)
        try queue.close()
    }

    /// Renames the file and what belongs to it; never deletes anything, nor does anybody else: how
    /// many such files to keep is the operator's to say.
    ///
    /// The log goes first: were it left behind, SQLite would remove it beside a fresh file.
    ///
    /// - Returns: The path that the file now has.
    func setAside(time: Double) throws(JournalError) -> String {
        let digits = RFC3339.format(time.rounded(.down)).filter { $0 != "-" && $0 != ":" }
        let base = "\(path).set-aside-\(digits)"
        var target = base
        var attempt = 1
        while Self.suffixes.contains(where: { unsafe access(target + $0, F_OK) == 0 }) {
            attempt += 1
            target = "\(base)-\(attempt)"
        }
        for suffix in Self.suffixes {
            guard unsafe rename(path + suffix, target + suffix) == 0 || errno == ENOENT else {
                throw .readOnly(reason(errno, code: 8))
            }
        }
        syncDirectory()
        return target
    }

    /// The bytes of the file and of its log; 0 for one that is not there.
    var sizes: (file: Int, log: Int) { (Self.size(path), Self.size(path + "-wal")) }

    /// The path as SQLite takes it: `file:` at its beginning would be a URI.
    var connectionPath: String { path.hasPrefix("file:") ? "./" + path : path }

    private func remove() {
        for suffix in Self.suffixes + ["-journal"] { _ = unsafe unlink(path + suffix) }
    }

    /// Waits until the names are on the disk, where the file system can; what a power cut undoes
    /// otherwise is done again at the next start.
    private func syncDirectory() {
        let parent = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = unsafe open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private static func size(_ path: String) -> Int {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// A number of 32 bits, big-endian.
    private static func number(_ header: ArraySlice<UInt8>, at offset: Int) -> Int {
        header[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
    }

    private func reason(_ error: Int32, code: Int) -> JournalError.Reason {
        // strerror's result is a NUL-terminated string that glibc keeps for the calling thread.
        JournalError.Reason(
            code: code,
            text: unsafe String(cString: strerror(error)),
            store: schema.name
        )
    }
}
