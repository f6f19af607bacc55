// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a line or a JSON document, and where.
package struct ScanFault: Error, Sendable, Equatable {
    /// What stands where something else was expected.
    package enum Found: Sendable, Equatable {
        /// This byte.
        case byte(UInt8)
        /// The end of the line or document.
        case end
        /// A value that is well-formed but not of the expected kind.
        case value
        /// Nothing of what was expected.
        case nothing
        /// So many.
        case count(Int)
    }

    /// What was expected.
    package enum Expected: String, Sendable {
        case value = "a value"
        case object = "an object"
        case array = "an array"
        case string = "a string"
        case number = "a number"
        case boolean = "true or false"
        case scalar = "a string, a number or a boolean"
        case literal = "a literal: true, false, null, NaN or Infinity"
        case key = "a key in quotes"
        case colon = "a colon"
        case commaOrBrace = "a comma or }"
        case commaOrBracket = "a comma or ]"
        case digit = "a digit"
        case stringByte = "a character or the closing quote"
        case escape = "an escape"
        case hexadecimalDigit = "a hexadecimal digit"
        case lowSurrogate = "the low half of a surrogate pair"
        case highSurrogate = "the high half of a surrogate pair"
        case utf8 = "UTF-8"
        case shallower = "less nesting"
        case end = "nothing more"
        case finiteNumber = "a number within the range of a double"
        case integer = "a whole number"
        case newline = "a newline within the limit"
        case closingNewline = "a newline"
        case reference = "a model and version with a reference"
        case features = "features as an object or array"
        case featureCount = "as many features as the reference has"
        case time = "Unix seconds before the year 10000, or an RFC 3339 time"
        case firstLine = "a hello on the first line only"
        case hello = "a hello with texts, and ack as a boolean"
    }

    /// The reason under which the line is counted.
    package let reason: RejectReason
    /// The distance from the first byte of the line or document, in bytes.
    package let offset: Int
    /// What stands there.
    package let found: Found
    /// What should stand there.
    package let expected: Expected
    /// What the fault is about, as the model's name and version; often nothing.
    package var subject: String?

    /// Says what is wrong and where.
    package init(
        _ reason: RejectReason,
        at offset: Int,
        found: Found,
        expected: Expected,
        subject: String? = nil
    ) {
        self.reason = reason
        self.offset = offset
        self.found = found
        self.expected = expected
        self.subject = subject
    }
}

extension ScanFault: CustomStringConvertible {
    /// One sentence: what was expected, what was found, and at which byte.
    package var description: String {
        let about = subject.map { " (\($0))" } ?? ""
        return "expected \(expected.rawValue)\(found.phrase) at byte \(offset)\(about)"
    }
}

extension ScanFault.Found {
    fileprivate var phrase: String {
        switch self {
        case .byte(let byte) where byte > 0x20 && byte < 0x7F:
            ", found '\(Character(Unicode.Scalar(byte)))'"
        case .byte(let byte):
            ", found the byte 0x\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))"
        case .end: ", found the end"
        case .value: ", found another value"
        case .nothing: ", found none"
        case .count(let count): ", found \(count)"
        }
    }
}
