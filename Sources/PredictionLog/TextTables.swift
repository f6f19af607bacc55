// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Finds texts by their bytes: the names of a schema's columns and the categories of each column.
///
/// All tables of a schema lie in the same few arrays, so that a look-up touches nothing that is
/// counted by reference. Each is open addressing, at most half full. Looking up allocates nothing.
struct TextTables: Sendable {
    private struct Table: Sendable {
        var firstSlot: Int
        var mask: Int
        var firstText: Int
    }

    private struct Text: Sendable {
        /// The first eight bytes, the first one lowest, zeros following a shorter text.
        var head: UInt64
        var count: Int
        /// Where the bytes begin.
        var start: Int
    }

    private var tables: [Table] = []
    /// The upper half of the hash, and the text's position + 1 in the lower half; 0 is free.
    private var slots: [UInt64] = []
    private var texts: [Text] = []
    private var bytes: [UInt8] = []

    /// Adds a table of texts; of two equal ones the first is found.
    ///
    /// - Returns: The table's number: 0, 1, 2, …
    mutating func add(_ newTexts: [[UInt8]]) -> Int {
        var slotCount = 4
        while slotCount < 2 * newTexts.count { slotCount *= 2 }
        let table = Table(firstSlot: slots.count, mask: slotCount - 1, firstText: texts.count)
        slots.append(contentsOf: repeatElement(0, count: slotCount))
        tables.append(table)
        for (position, text) in newTexts.enumerated() {
            let (head, hash) = digest(of: text.span)
            let isKnown = find(text.span, in: tables.count - 1) != nil
            texts.append(Text(head: head, count: text.count, start: bytes.count))
            bytes.append(contentsOf: text)
            if isKnown { continue }
            var slot = Int(truncatingIfNeeded: hash) & table.mask
            while slots[table.firstSlot + slot] != 0 { slot = (slot + 1) & table.mask }
            slots[table.firstSlot + slot] = (hash >> 32) << 32 | UInt64(position + 1)
        }
        return tables.count - 1
    }

    /// The position of a text in a table, if it is there.
    ///
    /// - Complexity: O(length), expected.
    @inline(__always)
    func find(_ text: Span<UInt8>, in table: Int) -> Int? {
        let table = tables[table]
        let (head, hash) = digest(of: text)
        var slot = Int(truncatingIfNeeded: hash) & table.mask
        while true {
            let entry = slots[table.firstSlot &+ slot]
            if entry == 0 { return nil }
            if entry >> 32 == hash >> 32 {
                let position = Int(truncatingIfNeeded: entry & 0xFFFF_FFFF) &- 1
                let candidate = texts[table.firstText &+ position]
                if candidate.head == head, candidate.count == text.count,
                    text.count <= 8 || hasTail(of: text, at: candidate.start)
                {
                    return position
                }
            }
            slot = (slot &+ 1) & table.mask
        }
    }

    private func hasTail(of text: Span<UInt8>, at start: Int) -> Bool {
        for offset in 8..<text.count where bytes[start + offset] != text[offset] { return false }
        return true
    }
}

/// The first eight bytes of a text as a word, and a hash of all of it, the same in every process.
///
/// Eight bytes at a time are folded by multiplication. The hash is not secret: what is in a table
/// comes from the operator's reference, and a producer that sends colliding names only meets the
/// few entries that are there.
@inline(__always)
func digest(of text: Span<UInt8>) -> (head: UInt64, hash: UInt64) {
    var head: UInt64 = 0
    for index in 0..<min(text.count, 8) { head |= UInt64(text[index]) << UInt64(8 &* index) }
    let length = UInt64(truncatingIfNeeded: text.count) &* 0x9E37_79B9_7F4A_7C15
    let hash = folded(head ^ length)
    return (head, text.count <= 8 ? hash : hashOfTail(of: text, hash))
}

@inline(never)
private func hashOfTail(of text: Span<UInt8>, _ start: UInt64) -> UInt64 {
    var hash = start
    var word: UInt64 = 0
    for index in 8..<text.count {
        word = word << 8 | UInt64(text[index])
        if index % 8 == 7 {
            hash = folded(hash ^ word)
            word = 0
        }
    }
    return folded(hash ^ word)
}

/// Both halves of a product, mixed: every bit of the word reaches every bit of the hash.
@inline(__always)
private func folded(_ word: UInt64) -> UInt64 {
    let (high, low) = (word ^ 0xA076_1D64_78BD_642F)
        .multipliedFullWidth(by: 0xE703_7ED1_A0B4_28DB)
    return high ^ low
}
