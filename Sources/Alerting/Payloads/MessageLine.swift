// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// A line of a message: words, and names that somebody else chose.
///
/// Each receiver writes the two in its own way, so that no name can act there.
package struct MessageLine: Sendable, Equatable {
    /// A piece of a line.
    package enum Part: Sendable, Equatable {
        /// Words, ours or somebody else's; the latter cleaned.
        case words(String)
        /// A name, cleaned.
        case name(String)
    }

    /// The pieces in order.
    package private(set) var parts: [Part] = []

    /// The line without anything that sets names apart.
    package var plain: String {
        parts.map { part in
            switch part {
            case .words(let text), .name(let text): text
            }
        }.joined()
    }

    /// Adds another line's pieces.
    package mutating func append(_ line: MessageLine) { parts += line.parts }
}

extension MessageLine: ExpressibleByStringInterpolation {
    /// Words alone.
    package init(stringLiteral value: String) { parts = [.words(value)] }

    /// A line of words and names.
    package init(stringInterpolation: StringInterpolation) { parts = stringInterpolation.parts }

    /// Collects the pieces of a line.
    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var parts: [Part] = []

        /// Begins a line.
        package init(literalCapacity: Int, interpolationCount: Int) {}

        /// Adds words.
        package mutating func appendLiteral(_ literal: String) {
            if !literal.isEmpty { parts.append(.words(literal)) }
        }

        /// Adds words of ours: numbers, times.
        package mutating func appendInterpolation(_ words: String) { appendLiteral(words) }

        /// Adds a name that somebody else chose.
        package mutating func appendInterpolation(name: String, limit: Int = 120) {
            let name = MessageName.clean(name, limit: limit)
            parts.append(.name(name.isEmpty ? "(empty)" : name))
        }

        /// Adds words that somebody else chose.
        package mutating func appendInterpolation(foreign text: String, limit: Int = 400) {
            appendLiteral(MessageName.clean(text, limit: limit))
        }

        /// Adds another line.
        package mutating func appendInterpolation(_ line: MessageLine) { parts += line.parts }
    }
}

extension [MessageLine] {
    /// The lines as one.
    package func joined(separator: String) -> MessageLine {
        var whole = MessageLine(stringLiteral: "")
        for (index, line) in enumerated() {
            if index > 0 { whole.append(MessageLine(stringLiteral: separator)) }
            whole.append(line)
        }
        return whole
    }
}

/// Names as a message shows them: on one line, not too long, and with nothing that is not seen.
package enum MessageName {
    /// A name without control characters and without what turns the direction of writing, no
    /// longer than a limit.
    ///
    /// A control character becomes its picture (`␊`), whatever else is not to be seen `�`. Only
    /// whole graphemes are kept; `…` stands for the rest.
    ///
    /// - Parameters:
    ///   - name: The name, of any length.
    ///   - limit: The most bytes of UTF-8, at least 3.
    /// - Returns: At most `limit` bytes.
    /// - Complexity: O(limit), and the length of the first grapheme beyond it.
    package static func clean(_ name: some StringProtocol, limit: Int) -> String {
        var cleaned = ""
        var count = 0
        // How much may stay when the rest does not fit: `…` has three bytes.
        var kept = 0
        for character in name {
            let shown = shown(character)
            count += shown.utf8.count
            guard count <= limit else { return String(Substring(cleaned.utf8.prefix(kept))) + "…" }
            cleaned += shown
            if count <= limit - 3 { kept = count }
        }
        return cleaned
    }

    private static func shown(_ character: Character) -> String {
        var text = ""
        for scalar in character.unicodeScalars { text.unicodeScalars.append(shown(scalar)) }
        return text
    }

    private static func shown(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.value {
        case 0..<0x20: Unicode.Scalar(0x2400 + scalar.value) ?? "\u{FFFD}"
        case 0x7F: "\u{2421}"
        // Line ends, marks and overrides of direction, and what takes no room.
        case 0x80..<0xA0, 0x61C, 0x200B, 0x200E...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF:
            "\u{FFFD}"
        default: scalar
        }
    }
}
