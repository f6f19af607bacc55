// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Foundation

/// Files under `Tests/Fixtures`, found from this source file and not from the working directory.
package enum Fixture {
    /// The folder of `Package.swift`.
    package static let packageRoot = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Where a fixture lies.
    ///
    /// - Parameter path: Its path under `Tests/Fixtures`, as in `drift/cases.json`.
    /// - Returns: Its place, whether or not there is such a file.
    package static func url(_ path: String) -> URL {
        packageRoot.appending(path: "Tests/Fixtures").appending(path: path)
    }

    /// The whole content of a fixture.
    ///
    /// - Parameter path: Its path under `Tests/Fixtures`.
    /// - Returns: Its bytes.
    /// - Throws: What reading the file throws.
    package static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: url(path)))
    }
}
