// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import CZlib

/// The CRC-32 (ISO 3309) of a stored row: of its key, its numbers and its bytes, in one order.
///
/// SQLite checks the frames of its log but not the pages of its file; with this a row that a disk
/// has changed is told from what was written. Each part says its own length or has a fixed one, so
/// that no two rows have the same parts by chance of where they are cut.
struct Checksum {
    private var crc: UInt = 0

    /// The checksum of what was added so far.
    var value: Int64 { Int64(crc) }

    /// Adds a number of 64 bits.
    mutating func add(_ number: UInt64) {
        add(raw: (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) })
    }

    /// Adds a number of 64 bits.
    mutating func add(_ number: Int) {
        add(UInt64(bitPattern: Int64(number)))
    }

    /// Adds a number by its bits.
    mutating func add(_ number: Double) {
        add(number.bitPattern)
    }

    /// Adds a text and its length.
    mutating func add(_ text: String) {
        add(Array(text.utf8))
    }

    /// Adds bytes and their number.
    mutating func add(_ bytes: [UInt8]) {
        add(bytes.count)
        add(raw: bytes)
    }

    private mutating func add(raw bytes: [UInt8]) {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            var start = 0
            while start < buffer.count {
                // zlib counts in 32 bits; it reads `count` bytes from `start`, all of `bytes`.
                let count = min(buffer.count - start, Int(Int32.max))
                let first = unsafe buffer.baseAddress.map { unsafe $0 + start }
                crc = unsafe crc32(crc, first, UInt32(count))
                start += count
            }
        }
    }
}
