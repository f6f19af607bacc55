// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The name of a metric family, without the suffix that its kind adds.
///
/// Only a literal makes one: names belong to this program, and what users name (models, features)
/// goes into label values. A literal that is no name stops the process where it is written.
package struct MetricName: Sendable, Hashable, ExpressibleByStringLiteral {
    /// The name as it is written.
    package let text: String

    /// Checks the literal: `[a-zA-Z_][a-zA-Z0-9_]*`, no suffix that a kind of metric reserves.
    ///
    /// - Precondition: The literal is such a name.
    package init(stringLiteral literal: StaticString) {
        text = literal.description
        precondition(isLegacyName(text), "'\(text)' is no metric name")
        precondition(
            !Self.reservedSuffixes.contains(where: text.hasSuffix),
            "'\(text)' ends in a suffix that the format itself adds"
        )
    }

    private static let reservedSuffixes = [
        "_total", "_info", "_created", "_count", "_sum", "_bucket",
    ]
}

/// The name of a label.
///
/// Only a literal makes one, as with `MetricName`.
package struct LabelName: Sendable, Hashable, ExpressibleByStringLiteral {
    /// The name as it is written.
    package let text: String

    /// Checks the literal: `[a-zA-Z_][a-zA-Z0-9_]*`, not `__…`, not `le` or `quantile`.
    ///
    /// - Precondition: The literal is such a name.
    package init(stringLiteral literal: StaticString) {
        text = literal.description
        precondition(isLegacyName(text), "'\(text)' is no label name")
        precondition(
            !text.hasPrefix("__") && text != "le" && text != "quantile",
            "'\(text)' is a label that Prometheus reserves"
        )
    }
}

/// Whether every reader of either format takes `text` for a name.
///
/// The character set of before UTF-8 names, and no colon, which is for recording rules.
private func isLegacyName(_ text: String) -> Bool {
    let isLetter = { (byte: UInt8) in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        default: byte == UInt8(ascii: "_")
        }
    }
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    return text.utf8.first.map(isLetter) ?? false
        && text.utf8.allSatisfy { isLetter($0) || digits.contains($0) }
}
