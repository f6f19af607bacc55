// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Hosting
import Testing

struct GzipTests {
    /// Text that compresses, and noise that does not.
    private static let samples: [[UInt8]] = [
        [],
        [42],
        Array(String(repeating: "dep_delay,temp\n", count: 1_000).utf8),
        noise(bytes: 100_000),
    ]

    private static func noise(bytes: Int) -> [UInt8] {
        // Marsaglia's xorshift64.
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        return (0..<bytes).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state)
        }
    }

    /// Feeds the bytes in pieces of a length and takes all that comes out.
    private static func inflate(_ bytes: [UInt8], by length: Int) throws -> [UInt8] {
        var inflater = try GzipInflater()
        var output: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: length) {
            inflater.append(Array(bytes[start..<min(start + length, bytes.count)]))
            while let piece = try inflater.next() { output += piece }
        }
        try inflater.finish()
        return output
    }

    @Test(arguments: samples, [1, 6, 9])
    func `what was compressed comes out again`(sample: [UInt8], level: Int) throws {
        let compressed = try Gzip.compress(sample, level: level)
        #expect(compressed.starts(with: Gzip.magic))
        for length in [1, 7, 4_096, .max / 2] where length > 1 || sample.count < 20_000 {
            #expect(try Self.inflate(compressed, by: length) == sample)
        }
    }

    @Test
    func `members behind each other are one text, zeros after them padding`() throws {
        let parts = try Self.samples.map { try Gzip.compress($0) }
        let whole = Self.samples.flatMap(\.self)
        #expect(try Self.inflate(parts.flatMap(\.self), by: 1 << 16) == whole)
        #expect(try Self.inflate(parts.flatMap { $0 + [0, 0, 0] }, by: 1_000) == whole)
    }

    @Test
    func `a text cut anywhere is truncated`() throws {
        let compressed = try Gzip.compress(Array("ts,temp\n1,2.5\n".utf8))
        for count in 0..<compressed.count {
            #expect(throws: GzipError.truncated) {
                try Self.inflate(Array(compressed.prefix(count)), by: 5)
            }
        }
    }

    @Test
    func `a flipped bit never gives another text`() throws {
        let text = Array("ts,temp\n1,2.5\n".utf8)
        let compressed = try Gzip.compress(text)
        var refused = 0
        for index in compressed.indices {
            for bit in 0..<8 {
                var damaged = compressed
                damaged[index] ^= 1 << bit
                // Some bits say nothing of the text: the header's time, the padding.
                if let output = try? Self.inflate(damaged, by: 64) {
                    #expect(output == text)
                } else {
                    refused += 1
                }
            }
        }
        #expect(refused > compressed.count * 8 / 2)
    }

    @Test
    func `what follows a member and is neither zero nor a member is corrupt`() throws {
        let compressed = try Gzip.compress([1, 2, 3])
        #expect {
            try Self.inflate(compressed + Array("no gzip".utf8), by: 64)
        } throws: { error in
            guard case .corrupt? = error as? GzipError else { return false }
            return true
        }
    }

    @Test
    func `output comes in bounded pieces however well it was compressed`() throws {
        let zeros = [UInt8](repeating: 0, count: 16 << 20)
        var inflater = try GzipInflater()
        inflater.append(try Gzip.compress(zeros))
        var count = 0
        while let piece = try inflater.next() {
            #expect(piece.count <= 256 << 10)
            count += piece.count
        }
        try inflater.finish()
        #expect(count == zeros.count)
    }
}
