// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The canonical text of a number: what it is called as a category.
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
