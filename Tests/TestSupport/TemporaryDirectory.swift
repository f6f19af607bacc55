// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Foundation

/// A directory that goes with the value; its path is short enough for a Unix socket.
package final class TemporaryDirectory: Sendable {
    package let url: URL

    /// Makes it, in memory where there is such a place and the test asks for it.
    package init(inMemory: Bool = false) throws {
        let memory = URL(filePath: "/dev/shm")
        let isThere = FileManager.default.isWritableFile(atPath: memory.path)
        url = (inMemory && isThere ? memory : FileManager.default.temporaryDirectory)
            .appending(path: "kedge-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    /// The path of a file in the directory.
    package func path(_ name: String) -> String {
        url.appending(path: name).path
    }

    /// Writes a file and returns its path.
    @discardableResult
    package func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: url.appending(path: name))
        return path(name)
    }
}
