// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The keys that an object may have, found in the order in which they came last time.
///
/// Producers repeat the order of their keys. So the key met at a position last time is compared
/// first, as whole words: a third of the cost of finding its end, hashing and looking it up
/// (benchmark: record scan).
struct KeySet: Sendable {
    /// A key as most producers write it: `"name":`.
    private struct Literal: Sendable {
        var firstWord: Int
        var wordCount: Int
        /// The bits of the last word that belong to the literal.
        var lastMask: UInt64
        var byteCount: Int
    }

    private var literals: [Literal] = []
    private var words: [UInt64] = []
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
        let wordCount = (bytes.count + 7) / 8
        let lastBits = 8 * (bytes.count - (wordCount - 1) * 8)
        literals.append(
            Literal(
                firstWord: words.count,
                wordCount: wordCount,
                lastMask: ~0 >> UInt64(64 - lastBits),
                byteCount: bytes.count
            )
        )
        for start in stride(from: 0, to: bytes.count, by: 8) {
            var word: UInt64 = 0
            for offset in start..<min(start + 8, bytes.count) {
                word |= UInt64(bytes[offset]) << UInt64(8 * (offset - start))
            }
            words.append(word)
        }
    }

    /// Where the value begins if a key, spelt plainly, and its colon stand at `offset`.
    @inline(__always)
    fileprivate func end(of key: Int, in bytes: borrowing ByteView, at offset: Int) -> Int? {
        let literal = literals[key]
        var place = offset
        var index = literal.firstWord
        let last = index &+ literal.wordCount &- 1
        while index < last {
            guard let word = bytes.word(at: place), word == words[index] else { return nil }
            place &+= 8
            index &+= 1
        }
        guard let word = bytes.word(at: place), (word ^ words[last]) & literal.lastMask == 0 else {
            return nil
        }
        return offset &+ literal.byteCount
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
