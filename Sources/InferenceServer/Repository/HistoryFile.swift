// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc
package import Hosting
import PredictionLog

/// The file in the state directory that keeps the defaults over a restart.
struct HistoryFile: Sendable {
    /// The most bytes that are read: some ten thousand models.
    static let maximumBytes = 64 << 20

    /// The file.
    let path: String

    /// Names the file in a state directory.
    init(stateDirectory: String) {
        path = stateDirectory + "/models.json"
    }

    /// A file that could not be trusted.
    struct Discarded: Sendable, Equatable {
        /// Where it is now.
        let path: String
        let reason: DefaultHistoryError
    }

    /// Reads the history; without a file it is empty.
    ///
    /// A file that is not what was written once is never believed, not even in part: it is renamed,
    /// for somebody to look at, and the history is empty.
    ///
    /// - Parameter now: Unix seconds, for the name of a file that is set aside.
    /// - Throws: `HistoryFileError` when the file cannot be read or set aside.
    func load(
        now: Double
    ) throws(HistoryFileError) -> (history: DefaultHistory, discarded: Discarded?) {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try read() } catch {
            if error.code == ENOENT { return (DefaultHistory(), nil) }
            throw HistoryFileError(path: path, reason: error)
        }
        do throws(DefaultHistoryError) {
            return (try DefaultHistory(decoding: bytes), nil)
        } catch {
            let aside = "\(path).corrupt-\(RFC3339.format(now))"
            guard unsafe rename(path, aside) == 0 else {
                throw HistoryFileError(path: path, reason: SystemError(code: errno))
            }
            return (DefaultHistory(), Discarded(path: aside, reason: error))
        }
    }

    /// Writes the history, so that a power cut leaves the old one or this one.
    func save(_ history: DefaultHistory) throws(FileWriteError) {
        try AtomicFile.write(history.encoded(), to: path)
    }

    private func read() throws(SystemError) -> [UInt8] {
        let file = try OpenFile(reading: path)
        var bytes: [UInt8] = []
        while bytes.count <= Self.maximumBytes {
            let chunk = try file.read(upTo: 1 << 16)
            if chunk.isEmpty { return bytes }
            bytes += chunk
        }
        // Too long for anything that was written; what there is will not decode.
        return bytes
    }
}

/// Why the file of the defaults cannot be used.
package struct HistoryFileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file.
    package let path: String
    /// What the system says.
    package let reason: SystemError

    /// One sentence, the path first.
    package var description: String { "\(path): cannot be read or set aside: \(reason)" }
}
