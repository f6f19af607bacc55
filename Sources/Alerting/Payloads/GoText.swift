// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// Texts as Go writes them, for whoever compares them with Alertmanager's.
enum GoText {
    /// A text in quotes, `%q` of Go (strconv.Quote).
    ///
    /// What is printable depends on the version of Unicode: a character newer than the reader's
    /// stands for itself.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += #"\""#
            case "\\": quoted += #"\\"#
            case "\u{07}": quoted += #"\a"#
            case "\u{08}": quoted += #"\b"#
            case "\t": quoted += #"\t"#
            case "\n": quoted += #"\n"#
            case "\u{0B}": quoted += #"\v"#
            case "\u{0C}": quoted += #"\f"#
            case "\r": quoted += #"\r"#
            case _ where isPrintable(scalar): quoted.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x80: quoted += #"\x"# + digits(scalar, 2)
            case _ where scalar.value < 0x10000: quoted += #"\u"# + digits(scalar, 4)
            default: quoted += #"\U"# + digits(scalar, 8)
            }
        }
        return quoted + "\""
    }

    /// A time as Go's JSON has it: RFC 3339 without zeros at the end of a fraction.
    static func time(_ seconds: Double) -> String {
        var text = RFC3339.format(seconds).dropLast()
        if text.contains(".") { while text.hasSuffix("0") { text.removeLast() } }
        return text + "Z"
    }

    /// Letters, marks, numbers, punctuation, symbols, and the space of ASCII (unicode.IsPrint).
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .spaceSeparator: scalar == " "
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
            .paragraphSeparator:
            false
        default: true
        }
    }

    private static func digits(_ scalar: Unicode.Scalar, _ width: Int) -> String {
        let text = String(scalar.value, radix: 16)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
