// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Hosting

/// The files of the raw log: `records-<Unix milliseconds>.ndjson`, written one after another, of
/// which the oldest go.
struct RawFiles: ~Copyable {
    /// A file is followed by another after so many seconds.
    private static let longestSeconds = 3_600.0

    /// The bytes of all files.
    private(set) var bytes = 0
    private let directory: String
    private let settings: SidecarSettings.RawLog
    private var current: OpenFile?
    private var currentBytes = 0
    private var currentSince = 0.0
    /// The names and bytes of the files before the current one, the oldest first.
    private var closed: [(name: String, bytes: Int)] = []
    private var currentName = ""
    private var isListed = false

    init(directory: String, settings: SidecarSettings.RawLog) {
        self.directory = directory
        self.settings = settings
    }

    /// A file this long is followed by another; lines are best handed over in portions of no more.
    static func fileBytes(_ settings: SidecarSettings.RawLog) -> Int {
        max(settings.maximumBytes / RawLog.files, 1 << 16)
    }

    /// Writes lines behind the others, and lets the oldest files go.
    ///
    /// - Throws: `SystemError`; some of the lines may be written then.
    mutating func append(_ lines: [UInt8], now: Double) throws(SystemError) {
        if !isListed { try list() }
        if currentBytes >= Self.fileBytes(settings) || now - currentSince >= Self.longestSeconds {
            close()
        }
        if !lines.isEmpty {
            if current == nil { try begin(now: now) }
            do throws(SystemError) {
                try current?.write(lines)
                currentBytes += lines.count
                bytes += lines.count
            } catch {
                // Whatever was written of the lines: the next ones go to another file.
                bytes += size(of: currentName) - currentBytes
                currentBytes = size(of: currentName)
                close()
                removeOldest(now: now)
                throw error
            }
        }
        removeOldest(now: now)
    }

    private mutating func begin(now: Double) throws(SystemError) {
        let name = "records-\(Int(now * 1_000)).ndjson"
        current = try OpenFile(creating: directory + "/" + name, mode: 0o600)
        currentName = name
        currentSince = now
        currentBytes = 0
    }

    private mutating func close() {
        guard current != nil else { return }
        current = nil
        closed.append((currentName, currentBytes))
        currentBytes = 0
    }

    /// Finds the files of processes before this one.
    private mutating func list() throws(SystemError) {
        if unsafe mkdir(directory, 0o700) != 0, errno != EEXIST { throw SystemError(code: errno) }
        let names = try DirectoryListing.names(in: directory).filter { name in
            name.hasPrefix("records-") && name.hasSuffix(".ndjson")
        }
        closed = names.map { ($0, size(of: $0)) }
        bytes = closed.reduce(0) { $0 + $1.bytes }
        isListed = true
    }

    private mutating func removeOldest(now: Double) {
        let oldest = now - settings.maximumAge.inSeconds
        while let first = closed.first,
            bytes > settings.maximumBytes || end(of: first.name) < oldest
        {
            _ = unsafe unlink(directory + "/" + first.name)
            bytes -= first.bytes
            closed.removeFirst()
        }
    }

    /// When the last line of a file was written at the latest, by its name.
    private func end(of name: String) -> Double {
        let digits = name.dropFirst("records-".count).dropLast(".ndjson".count)
        return (Double(digits) ?? 0) / 1_000 + Self.longestSeconds
    }

    private func size(of name: String) -> Int {
        do throws(SystemError) {
            return try OpenFile(reading: directory + "/" + name).size ?? 0
        } catch {
            return 0
        }
    }
}
