// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// One cell of a table: what a row says of a column, before anybody has decided the column's kind.
///
/// CSV does not tell a number from a text that looks like one, so its numbers and booleans keep
/// their spelling: a column of postal codes with one `"2A"` among them is text throughout. JSON
/// does, and there numbers and booleans have their canonical text.
package enum Cell: Sendable, Equatable {
    /// Nothing there: an absent field, JSON `null` or NaN, or one of the missing tokens.
    case missing

    /// A number, never NaN, and how it was written.
    case number(Double, text: String)

    /// A text, verbatim.
    case text(String)

    /// A boolean, which counts as 0 or 1, and how it was written.
    case boolean(Bool, text: String)

    /// The cell as a number: booleans are 0 and 1; `nil` for texts and missing cells.
    package var number: Double? {
        switch self {
        case .number(let value, _): value
        case .boolean(let value, _): value ? 1 : 0
        case .text, .missing: nil
        }
    }

    /// The cell as written; `nil` when missing.
    package var text: String? {
        switch self {
        case .number(_, let text), .text(let text), .boolean(_, let text): text
        case .missing: nil
        }
    }
}

/// The spellings that make a cell of a CSV file missing.
package struct MissingTokens: Sendable, Equatable {
    /// What pandas takes as missing in common files; the empty cell is among them.
    package static let standard = MissingTokens([
        "", "NA", "NaN", "nan", "N/A", "n/a", "NULL", "null", "None", "<NA>",
    ])

    private let tokens: Set<String>
    private let longest: Int

    /// Takes exactly the given spellings, compared byte by byte; an empty list makes nothing missing.
    package init(_ tokens: [String]) {
        self.tokens = Set(tokens)
        longest = tokens.map(\.utf8.count).max() ?? -1
    }

    /// Whether the text is one of the spellings.
    ///
    /// - Complexity: O(length), and O(1) for a text longer than every token.
    package func contains(_ text: String) -> Bool {
        text.utf8.count <= longest && tokens.contains(text)
    }
}

extension Cell {
    /// The cell that a field of a CSV file says.
    ///
    /// In this order: a missing token, a number, a boolean (`true`, `True`, `TRUE` and their
    /// opposites), a text. Quotes do not matter: pandas writes and reads `"1"` as it does `1`.
    ///
    /// Numbers are decimal, with an optional sign, point and exponent (`-3`, `.5`, `5.`, `1e-3`),
    /// or infinite (`inf`, `Infinity`, any case), with blanks around them ignored. A number beyond
    /// the range of a double is a text. NaN is missing, whatever the tokens are.
    package init(csv text: String, missing: MissingTokens) {
        if missing.contains(text) {
            self = .missing
        } else if let value = DecimalText.value(of: text) {
            self = value.isNaN ? .missing : .number(value, text: text)
        } else {
            switch text {
            case "True", "true", "TRUE": self = .boolean(true, text: text)
            case "False", "false", "FALSE": self = .boolean(false, text: text)
            default: self = .text(text)
            }
        }
    }
}
