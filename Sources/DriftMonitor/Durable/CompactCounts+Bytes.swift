// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

extension CompactCounts {
    /// The first byte of the encoded counts: which form follows.
    private enum Tag: UInt8 {
        case pairs = 1
        case narrow = 2
        case wide = 3
    }

    /// The counts as bytes, for `init(bytes:cellCount:)`.
    ///
    ///     pairs    1 · words of 16 bits
    ///     narrow   2 · words of 16 bits
    ///     wide     3 · number of counts (32 bits) · counts of 32 bits · carries of 32 bits
    ///
    /// Numbers are little-endian.
    ///
    /// - Complexity: O(pairs or cells), one allocation.
    package func bytes() -> [UInt8] {
        switch form {
        case .pairs(let words): Self.bytes(.pairs, words)
        case .narrow(let words): Self.bytes(.narrow, words)
        case .wide(let words, let carries):
            Self.bytes(.wide, [UInt32(truncatingIfNeeded: words.count)] + words + carries)
        }
    }

    /// Reads what `bytes()` wrote; `nil` when the bytes are no counts, or count in cells that there
    /// are not.
    ///
    /// Whatever it makes can be added to sums of `cellCount` entries.
    ///
    /// - Parameters:
    ///   - bytes: The encoded counts; may be anything.
    ///   - cellCount: Cells of all features.
    /// - Complexity: O(bytes).
    package init?(bytes: [UInt8], cellCount: Int) {
        guard let tag = bytes.first.flatMap(Tag.init) else { return nil }
        let payload = bytes[1...]
        switch tag {
        case .pairs:
            guard let words: [UInt16] = Self.words(payload), words.count.isMultiple(of: 2) else {
                return nil
            }
            var cell = 0
            for pair in stride(from: 0, to: words.count, by: 2) {
                cell += Int(words[pair])
                guard cell < cellCount else { return nil }
            }
            form = .pairs(words)
        case .narrow:
            guard let words: [UInt16] = Self.words(payload), words.count == cellCount else {
                return nil
            }
            form = .narrow(words)
        case .wide:
            guard let words: [UInt32] = Self.words(payload), words.first.map(Int.init) == cellCount,
                words.count > cellCount
            else { return nil }
            let carries = words[(cellCount + 1)...]
            guard carries.allSatisfy({ Int($0) < cellCount }) else { return nil }
            form = .wide(Array(words[1...cellCount]), carries: Array(carries))
        }
    }

    /// The number of cells that encoded counts are for as far as they say it; above all cells where
    /// they do not.
    package static func cellBound(ofBytes bytes: [UInt8]) -> Int {
        switch bytes.first.flatMap(Tag.init) {
        case .narrow: (bytes.count - 1) / 2
        case .wide: bytes.prefix(5).dropFirst().reversed().reduce(0) { $0 << 8 | Int($1) }
        case .pairs, nil: .max
        }
    }

    /// The counts that are not 0 with their cells, ascending.
    ///
    /// - Complexity: O(pairs or cells).
    package func countsByCell() -> [(cell: Int, count: UInt64)] {
        switch form {
        case .pairs(let words):
            var counts: [(cell: Int, count: UInt64)] = []
            var cell = 0
            for pair in stride(from: 0, to: words.count, by: 2) {
                cell += Int(words[pair])
                let count = UInt64(words[pair + 1])
                if let last = counts.last, last.cell == cell {
                    counts[counts.count - 1].count += count
                } else if count > 0 {
                    counts.append((cell, count))
                }
            }
            return counts
        case .narrow(let words): return Self.nonZero(words.map(UInt64.init))
        case .wide(let words, _):
            var sums = [UInt64](repeating: 0, count: words.count)
            add(to: &sums)
            return Self.nonZero(sums)
        }
    }

    private static func nonZero(_ counts: [UInt64]) -> [(cell: Int, count: UInt64)] {
        counts.enumerated().filter { $0.element > 0 }.map { ($0.offset, $0.element) }
    }

    private static func bytes<Word: FixedWidthInteger>(_ tag: Tag, _ words: [Word]) -> [UInt8] {
        let width = MemoryLayout<Word>.size
        var bytes: [UInt8] = []
        bytes.reserveCapacity(1 + words.count * width)
        bytes.append(tag.rawValue)
        for word in words {
            for byte in 0..<width { bytes.append(UInt8(truncatingIfNeeded: word >> (8 * byte))) }
        }
        return bytes
    }

    /// The words of a payload; `nil` when it ends within one.
    private static func words<Word: FixedWidthInteger>(_ payload: ArraySlice<UInt8>) -> [Word]? {
        let width = MemoryLayout<Word>.size
        guard payload.count.isMultiple(of: width) else { return nil }
        var words: [Word] = []
        words.reserveCapacity(payload.count / width)
        for start in stride(from: payload.startIndex, to: payload.endIndex, by: width) {
            var word: Word = 0
            for byte in 0..<width {
                word |= Word(truncatingIfNeeded: payload[start + byte]) << (8 * byte)
            }
            words.append(word)
        }
        return words
    }
}
