// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The number of a model's version, as it names its directory: positive, in decimal digits without
/// leading zeros, of any length.
package struct VersionNumber: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The digits.
    package let text: String

    /// Reads a directory's name; nil when it is no version.
    package init?(_ text: String) {
        guard let first = text.utf8.first, first != UInt8(ascii: "0"),
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        self.text = text
    }

    /// The digits.
    package var description: String { text }

    /// Whether the number is less: without leading zeros the longer one is greater.
    package static func < (left: VersionNumber, right: VersionNumber) -> Bool {
        let (leftLength, rightLength) = (left.text.utf8.count, right.text.utf8.count)
        guard leftLength == rightLength else { return leftLength < rightLength }
        return left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }
}
