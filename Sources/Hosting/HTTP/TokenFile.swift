// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import Logging
import Synchronization

/// The token with which clients may change state over the network.
///
/// The file is read again when it has changed, so that a token can be replaced without a restart.
package final class TokenFile: Sendable {
    /// Longer files are no tokens.
    static let maximumBytes = 4_096

    private struct State: Sendable {
        var stamp: FileStamp?
        var token: [UInt8] = []
    }

    private let path: String
    private let logger: Logger
    private let state = Mutex(State())

    /// Names a file, which is read with the first request.
    package init(path: String, logger: Logger) {
        self.path = path
        self.logger = logger
    }

    /// Whether a request carries the token: `Authorization: Bearer …`.
    ///
    /// Blocks on the disk; without a token in the file nobody is let in.
    ///
    /// - Parameter authorization: The value of the field; nil when the request has none.
    /// - Returns: Whether it is that of the file.
    package func authorizes(_ authorization: String?) -> Bool {
        guard let authorization else { return false }
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return false }
        let token = current()
        let presented = Array(parts[1].utf8.drop { $0 == UInt8(ascii: " ") })
        return !token.isEmpty && presented.equalsInConstantTime(token)
    }

    private func current() -> [UInt8] {
        state.withLock { state in
            let stamp = try? FileStamp(of: path)
            if let stamp, stamp == state.stamp { return state.token }
            // A file that may change within the same tick is read anew with the next request.
            state.stamp = stamp?.isSettled(now: wallClockSeconds()) ?? false ? stamp : nil
            state.token = read() ?? []
            return state.token
        }
    }

    private func read() -> [UInt8]? {
        do throws(SystemError) {
            let bytes = try OpenFile(reading: path).readAll(limit: Self.maximumBytes)
            let token = bytes.trimmed
            if token.isEmpty || bytes.count > Self.maximumBytes {
                logger.error("there is no token in the token file", metadata: ["path": "\(path)"])
                return nil
            }
            return token
        } catch {
            logger.error(
                "the token file cannot be read",
                metadata: ["path": "\(path)", "reason": "\(error)"]
            )
            return nil
        }
    }
}

extension [UInt8] {
    /// Whether two texts are the same, in a time that does not tell where they differ.
    ///
    /// - Complexity: O(length of this one), whatever the other one holds.
    func equalsInConstantTime(_ other: [UInt8]) -> Bool {
        var difference: UInt8 = count == other.count ? 0 : 1
        for index in indices {
            difference |= self[index] ^ (index < other.count ? other[index] : 0)
        }
        return difference == 0
    }

    /// Without blanks and line ends around.
    fileprivate var trimmed: [UInt8] {
        let isBlank = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
        return Array(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}
