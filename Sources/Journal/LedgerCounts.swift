// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Counts of a quarter as the ledger keeps them: most bins of a quiet quarter are empty.
///
///     number of counts · for each that is not 0: the distance from the one before (from -1 for
///     the first), ≥ 1 · the count
///
/// Numbers are LEB128: seven bits a byte, the lowest first, the highest bit says that more follow.
enum LedgerCounts {
    /// More bins than any feature has: 65,536 categories, unseen and missing.
    private static let limit = 65_538

    /// The counts as bytes.
    static func encode(_ counts: [UInt64]) -> [UInt8] {
        var bytes: [UInt8] = []
        append(UInt64(counts.count), to: &bytes)
        var last = -1
        for index in counts.indices where counts[index] != 0 {
            append(UInt64(index - last), to: &bytes)
            append(counts[index], to: &bytes)
            last = index
        }
        return bytes
    }

    /// The counts that `encode` wrote; `nil` for other bytes.
    static func decode(_ bytes: [UInt8]) -> [UInt64]? {
        var position = 0
        guard let count = number(bytes, &position), count <= limit else { return nil }
        var counts = [UInt64](repeating: 0, count: Int(count))
        var index = -1
        while position < bytes.count {
            guard let distance = number(bytes, &position), let value = number(bytes, &position),
                distance >= 1, value >= 1, distance < UInt64(counts.count - index)
            else { return nil }
            index += Int(distance)
            counts[index] = value
        }
        return counts
    }

    private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    private static func number(_ bytes: [UInt8], _ position: inout Int) -> UInt64? {
        var number: UInt64 = 0
        for shift in stride(from: 0, to: 64, by: 7) {
            guard position < bytes.count else { return nil }
            let byte = bytes[position]
            position += 1
            // The tenth byte has room for the highest bit alone.
            guard shift < 63 || byte <= 1 else { return nil }
            number |= UInt64(byte & 0x7F) << UInt64(shift)
            if byte < 0x80 { return number }
        }
        return nil
    }
}
