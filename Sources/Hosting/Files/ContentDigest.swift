// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Crypto

/// The SHA-256 of bytes, as files and answers name it.
package enum ContentDigest {
    /// `sha256:` and 64 hexadecimal digits in lower case.
    ///
    /// - Complexity: O(bytes).
    package static func text(of bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let text = SHA256.hash(data: bytes).flatMap {
            [digits[Int($0 >> 4)], digits[Int($0 & 0xF)]]
        }
        return "sha256:" + String(decoding: text, as: UTF8.self)
    }
}
