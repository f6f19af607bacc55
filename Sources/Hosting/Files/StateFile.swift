// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import PredictionLog

/// A file in the state directory that keeps something over a restart.
package struct StateFile<Content: StateContent>: Sendable {
    /// The most bytes that are read; what is written stays below by limits of its own.
    static var maximumBytes: Int { 64 << 20 }

    /// The file.
    package let path: String

    /// Names a file; nothing is touched yet.
    package init(path: String) {
        self.path = path
    }

    /// Reads the file; without one the content is empty.
    ///
    /// A file that is not what was written once is never believed, not even in part: it is renamed,
    /// for somebody to look at, and the content is empty.
    ///
    /// - Parameter now: Unix seconds, for the name of a file that is set aside.
    /// - Returns: The content, and the file that was set aside if there was one.
    /// - Throws: `StateFileError` when the file cannot be read or set aside.
    package func load(
        now: Double
    ) throws(StateFileError) -> (content: Content, discarded: DiscardedStateFile?) {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try read() } catch {
            if error.code == ENOENT { return (Content(), nil) }
            throw StateFileError(path: path, reason: error)
        }
        do throws(StateContentError) {
            return (try Content(decoding: bytes), nil)
        } catch {
            let aside = "\(path).corrupt-\(RFC3339.format(now))"
            guard unsafe rename(path, aside) == 0 else {
                throw StateFileError(path: path, reason: SystemError(code: errno))
            }
            return (Content(), DiscardedStateFile(path: aside, reason: error))
        }
    }

    /// Writes the content, so that a power cut leaves the old one or this one.
    package func save(_ content: Content) throws(FileWriteError) {
        try AtomicFile.write(content.encoded(), to: path)
    }

    private func read() throws(SystemError) -> [UInt8] {
        // Of what is too long for anything that was written, what there is will not decode.
        try OpenFile(reading: path).readAll(limit: Self.maximumBytes)
    }
}

/// A file of the state directory that could not be trusted.
package struct DiscardedStateFile: Sendable, Equatable {
    /// Where it is now.
    package let path: String
    /// Why it is not believed.
    package let reason: StateContentError
}

/// Why a file of the state directory cannot be used.
package struct StateFileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file.
    package let path: String
    /// What the system says.
    package let reason: SystemError

    /// One sentence, the path first.
    package var description: String { "\(path): cannot be read or set aside: \(reason)" }
}
