// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The keys that an object may have, found in the order in which they came last time.
///
/// Producers repeat the order of their keys. So the key met at a position last time is compared
/// first, as whole words: a third of the cost of finding its end, hashing and looking it up
/// (HotPathsBenchmark, scan).
struct KeySet: Sendable {
    /// A key as most producers write it: `"name":`.
    private struct Literal: Sendable {
        /// Its first sixteen bytes as two words, and which of their bits belong to it.
        var words: (UInt64, UInt64)
        var masks: (UInt64, UInt64)
        var byteCount: Int
        /// Where the bytes after those begin in `rests`.
        var rest: Int
    }

    private var literals: [Literal] = []
    private var rests: [UInt8] = []
    private var tables = TextTables()

    /// Prepares keys; of two equal ones the first is found.
    init(_ names: [String]) {
        for name in names { append(name) }
        _ = tables.add(names.map { Array($0.utf8) })
    }

    /// The number of keys.
    var count: Int { literals.count }

    private mutating func append(_ name: String) {
        var writer = JSONWriter()
        writer.key(name)
        let bytes = writer.bytes
        func word(_ range: Range<Int>) -> (UInt64, mask: UInt64) {
            var word: UInt64 = 0
            var mask: UInt64 = 0
            for offset in range.clamped(to: 0..<bytes.count) {
                let shift = UInt64(8 * (offset - range.lowerBound))
                word |= UInt64(bytes[offset]) << shift
                mask |= 0xFF << shift
            }
            return (word, mask)
        }
        let (first, second) = (word(0..<8), word(8..<16))
        literals.append(
            Literal(
                words: (first.0, second.0),
                masks: (first.mask, second.mask),
                byteCount: bytes.count,
                rest: rests.count
            )
        )
        rests.append(contentsOf: bytes.dropFirst(16))
    }

    /// Where the value begins if a key, spelt plainly, and its colon stand at `offset`.
    @inline(__always)
    fileprivate func end(of key: Int, in bytes: borrowing ByteView, at offset: Int) -> Int? {
        let literal = literals[key]
        guard let words = bytes.twoWords(at: offset) else { return nil }
        let differences =
            (words.0 ^ literal.words.0) & literal.masks.0
            | (words.1 ^ literal.words.1) & literal.masks.1
        guard differences == 0,
            literal.byteCount <= 16 || hasRest(of: literal, in: bytes, at: offset)
        else { return nil }
        return offset &+ literal.byteCount
    }

    private func hasRest(
        of literal: Literal,
        in bytes: borrowing ByteView,
        at offset: Int
    ) -> Bool {
        for index in 16..<literal.byteCount
        where bytes[offset + index] != rests[literal.rest + index - 16] {
            return false
        }
        return true
    }

    /// The key whose text the cursor read last.
    @inline(never)
    fileprivate func find(_ cursor: borrowing JSONCursor) -> Int? {
        cursor.findText(in: tables, table: 0)
    }
}

extension JSONCursor {
    /// A key of an object.
    enum Key {
        /// One of the set, by its position there.
        case known(Int)
        /// One that is not in the set; it begins at this offset.
        case unknown(at: Int)
    }

    /// Reads the next key of the object, or goes out of the object if there is none.
    ///
    /// - Parameters:
    ///   - keys: The keys that mean something.
    ///   - order: The key met at each position last time, -1 for an unknown one; updated.
    ///   - position: Where in `order` this position stands.
    ///   - isInOrder: Whether `order` has a place for this position.
    /// - Returns: The key; `nil` at the end of the object.
    /// - Throws: `ScanFault`.
    @inline(__always)
    mutating func nextKey(
        of keys: borrowing KeySet,
        order: inout [Int32],
        at position: Int,
        isInOrder: Bool
    ) throws(ScanFault) -> Key? {
        if isInOrder, case let expected = Int(order[position]), expected >= 0,
            let end = keys.end(of: expected, in: bytes, at: offsetOfPlainKey)
        {
            finishKey(at: end)
            return .known(expected)
        }
        if byte == UInt8(ascii: "}") {
            leave()
            return nil
        }
        return try nextKeyAnywhere(of: keys, order: &order, at: isInOrder ? position : nil)
    }

    /// Where the next key begins if at most a comma and one space stand before it.
    @inline(__always)
    private var offsetOfPlainKey: Int {
        var place = offset
        if isAfterValue {
            // Without its comma no key is found here, and the fault is found elsewhere.
            guard byte == UInt8(ascii: ",") else { return bytes.count }
            place &+= 1
        }
        return bytes[place] == 0x20 ? place &+ 1 : place
    }

    @inline(never)
    private mutating func nextKeyAnywhere(
        of keys: borrowing KeySet,
        order: inout [Int32],
        at position: Int?
    ) throws(ScanFault) -> Key? {
        guard try nextMember() else { return nil }
        let start = offset
        try readKey()
        let found = keys.find(self)
        if let position { order[position] = Int32(found ?? -1) }
        return found.map(Key.known) ?? .unknown(at: start)
    }
}
