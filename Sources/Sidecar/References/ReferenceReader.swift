// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting

/// Reads reference files from the disk, whole and within the limits.
struct ReferenceReader: Sendable {
    let limits: ReferenceFile.Limits

    /// What a file holds now.
    func read(_ path: String) -> ReferenceInventory.Content {
        do throws(SystemError) {
            // Opening a pipe would wait for its writer.
            guard try FileStamp(of: path).kind == .file else { return .faulty(.notAFile) }
            let bytes = try bytes(of: path)
            do throws(ReferenceFileError) {
                return .valid(try ReferenceFile(decoding: bytes.span, limits: limits))
            } catch {
                return .faulty(.malformed(error))
            }
        } catch {
            return .faulty(.unreadable(error))
        }
    }

    /// The bytes of a file; of one over the limit no more than shows that it is.
    private func bytes(of path: String) throws(SystemError) -> [UInt8] {
        try OpenFile(reading: path).readAll(limit: limits.bytes)
    }
}
