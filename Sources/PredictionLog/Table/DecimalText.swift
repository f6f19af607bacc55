// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Numbers as people and spreadsheets write them, a superset of JSON's.
enum DecimalText {
    /// The number that a text spells, blanks and line ends around it ignored; `nil` if it is none, or beyond a
    /// double's range.
    ///
    /// `[+-] (digits [. [digits]] | . digits) [e [+-] digits]`, or `[+-] inf[inity]`, or `nan`, the
    /// words in any case. No hexadecimals, no digit grouping, no decimal comma.
    static func value(of text: String) -> Double? {
        let bytes = text.utf8
        guard let first = bytes.first, mayBegin(first) else { return nil }
        // Most numbers are JSON's too, and for those our own scan is ten times as fast.
        if let value = parseDouble(bytes.span), value.isFinite { return value }
        let trimmed = trimming(text)
        guard isDecimal(trimmed.utf8) || isWord(trimmed) else { return nil }
        // The grammar above is a subset of what the standard library reads, to the nearest double.
        guard let value = Double(trimmed) else { return nil }
        return value.isInfinite && !isWord(trimmed) ? nil : value
    }

    /// Whether a number may begin with the byte: the cheap test that most texts fail.
    private static func mayBegin(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"),
            UInt8(ascii: "."), UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"),
            UInt8(ascii: "\r"), UInt8(ascii: "i"), UInt8(ascii: "I"), UInt8(ascii: "n"),
            UInt8(ascii: "N"):
            true
        default: false
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\n")
            || byte == UInt8(ascii: "\r")
    }

    private static func trimming(_ text: String) -> String {
        let start = text.utf8.drop(while: isBlank)
        let count = start.reversed().drop(while: isBlank).count
        return String(start.prefix(count)) ?? text
    }

    private static func isDecimal(_ bytes: String.UTF8View) -> Bool {
        var rest = bytes[...]
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        let whole = removeDigits(from: &rest)
        var fraction = 0
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            fraction = removeDigits(from: &rest)
        }
        guard whole + fraction > 0 else { return false }
        guard let mark = rest.first else { return true }
        guard mark | 0x20 == UInt8(ascii: "e") else { return false }
        rest.removeFirst()
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        return removeDigits(from: &rest) > 0 && rest.isEmpty
    }

    /// Removes the leading digits and says how many there were.
    private static func removeDigits(from rest: inout Substring.UTF8View) -> Int {
        let after = rest.drop { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        defer { rest = after }
        return rest.count - after.count
    }

    private static func isWord(_ text: String) -> Bool {
        guard text.utf8.count <= 9 else { return false }
        switch text.lowercased() {
        case "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity", "nan": return true
        default: return false
        }
    }
}
