// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The canonical text of a number as it was written: what it is called as a category.
///
/// A whole number without fraction or exponent is as it was written, however large: identifiers
/// beyond 2^53 stay apart. Any other is `canonicalText(of:)` its value.
package func canonicalText(of number: Double, spelling: String) -> String {
    isCanonicalInteger(spelling.utf8.span) ? spelling : canonicalText(of: number)
}

/// Whether the bytes are a whole number as JSON writes it, and not `-0`.
func isCanonicalInteger(_ spelling: Span<UInt8>) -> Bool {
    let start = !spelling.isEmpty && spelling[0] == UInt8(ascii: "-") ? 1 : 0
    guard start < spelling.count else { return false }
    for index in start..<spelling.count {
        guard 48...57 ~= spelling[index] else { return false }
    }
    return spelling[start] != UInt8(ascii: "0") || spelling.count == 1
}

/// The canonical text of a value.
///
/// A whole number below 2^53 is its digits without a fraction (`1.0` is `1`, `-0.0` is `0`); any
/// other is the shortest text that reads back to the same double. Infinities and NaN are `inf`,
/// `-inf` and `nan`.
package func canonicalText(of number: Double) -> String {
    if abs(number) < 9_007_199_254_740_992, number == number.rounded(.towardZero) {
        return String(Int64(number))
    }
    return number.description
}

/// The number that the bytes spell in JSON's grammar, to the nearest double; `nil` if they do not.
///
/// Bare `NaN`, `Infinity` and `-Infinity` are taken; a number beyond a double's range is infinite.
/// - Complexity: O(bytes).
package func parseDouble(_ bytes: Span<UInt8>) -> Double? {
    do {
        return try JSONCursor.read(bytes) { cursor throws(ScanFault) in
            let value = try cursor.spelledNumber().value
            try cursor.end()
            return value
        }
    } catch {
        return nil
    }
}
