// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The known name that was probably meant.
package enum NearestName {
    /// The candidate with the least edit distance, if a third of its letters or less differ.
    ///
    /// Of several, the first; the case of letters does not count. Names over 256 bytes are near
    /// nothing.
    ///
    /// - Complexity: O(candidates × length²).
    package static func of(_ name: String, among candidates: some Sequence<String>) -> String? {
        let bytes = Array(name.lowercased().utf8)
        guard bytes.count <= 256 else { return nil }
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            // Of names of one or two letters every one would be near.
            let other = Array(candidate.lowercased().utf8)
            let length = max(bytes.count, other.count)
            let limit = length < 3 ? 0 : length / 3
            guard abs(bytes.count - other.count) <= limit else { continue }
            let distance = distance(bytes, other)
            if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.name
    }

    /// How many bytes to insert, delete, replace or swap with their neighbour to make one the other
    /// (Damerau 1964, restricted: no byte is edited twice).
    package static func distance(_ first: [UInt8], _ second: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...second.count)
        for (row, byte) in first.enumerated() {
            var current = [row + 1]
            for (column, other) in second.enumerated() {
                var least = min(last[column + 1], current[column]) + 1
                least = min(least, last[column] + (byte == other ? 0 : 1))
                if row > 0, column > 0, byte == second[column - 1], first[row - 1] == other {
                    least = min(least, beforeLast[column - 1] + 1)
                }
                current.append(least)
            }
            (beforeLast, last) = (last, current)
        }
        return last[second.count]
    }
}
