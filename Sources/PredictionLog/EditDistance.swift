// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The known name that is most like an unknown one, for a message that helps.
///
/// - Parameters:
///   - name: The unknown name.
///   - known: The known ones, of which the first 1,000 are looked at.
/// - Returns: The first of the names with the fewest insertions, deletions and substitutions of
///   bytes, if they are at most a third of the length; `nil` else, and for names over 64 bytes.
/// - Complexity: O(known · 64²).
func nearestName(to name: String, among known: some Sequence<String>) -> String? {
    let target = Array(name.lowercased().utf8)
    guard target.count <= 64 else { return nil }
    var best: (name: String, distance: Int)?
    for candidate in known.prefix(1_000) where candidate.utf8.count <= 64 {
        let bytes = Array(candidate.lowercased().utf8)
        let limit = min(max(max(target.count, bytes.count) / 3, 1), (best?.distance ?? 65) - 1)
        guard abs(target.count - bytes.count) <= limit else { continue }
        let distance = editDistance(target, bytes)
        if distance <= limit { best = (candidate, distance) }
    }
    return best?.name
}

/// The fewest insertions, deletions and substitutions that make one of the other.
///
/// Source: R. A. Wagner, M. J. Fischer, "The string-to-string correction problem", JACM 21, 1974.
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var row = Array(0...right.count)
    for (index, byte) in left.enumerated() {
        var diagonal = row[0]
        row[0] = index + 1
        for column in right.indices {
            let substituted = diagonal + (byte == right[column] ? 0 : 1)
            diagonal = row[column + 1]
            row[column + 1] = min(substituted, diagonal + 1, row[column] + 1)
        }
    }
    return row[right.count]
}
