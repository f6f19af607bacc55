// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// One value of a request as it was received: what it is and where it stands, not yet judged.
///
/// Nothing is copied: a text stays where it is until somebody asks for it.
package struct FieldValue: Sendable, Equatable {
    /// What a value is.
    package enum Form: UInt8, Sendable {
        /// There is none.
        case absent
        case null
        /// A finite number, spelt in `range`.
        case number
        /// A bare `NaN`.
        case notANumber
        /// A bare infinity, or a number beyond the range of a double.
        case infinite
        /// `true` or `false`; `number` is 1 or 0.
        case boolean
        /// A string; `range` has its quotes.
        case text
        /// A string with escapes.
        case escapedText
        case object
        case array
        /// A number of a binary tensor that is a float, and has no spelling.
        case single
        /// A number of a binary tensor that is a double, and has no spelling.
        case double
        /// A whole number of a binary tensor, held by `integer`.
        case integer
        /// A text without quotes and escapes, UTF-8 throughout, in `range`.
        case bytes
    }

    /// What the value is.
    package var form: Form
    /// The value of a number or boolean, the nearest double; NaN for others.
    package var number: Double
    /// Where it begins in the request's bytes; of an `integer`, which stands nowhere, the number.
    private var start: Int
    private var end: Int

    /// Describes a value.
    package init(_ form: Form, number: Double = .nan, range: Range<Int> = 0..<0) {
        self.form = form
        self.number = number
        start = range.lowerBound
        end = range.upperBound
    }

    /// A whole number of a binary tensor.
    package init(integer: Int64) {
        form = .integer
        number = Double(integer)
        start = Int(integer)
        end = 0
    }

    /// The digits of an `integer`.
    var wholeText: String { start.description }

    /// Where it stands in the request's bytes; empty for what stands nowhere.
    package var range: Range<Int> { form == .integer ? 0..<0 : start..<end }

    /// Whether there is none.
    ///
    /// A comparison of forms in another module would be a call.
    package var isAbsent: Bool { if case .absent = form { true } else { false } }

    /// No value at all.
    package static let absent = FieldValue(.absent)
}

extension FieldValue {
    /// The value as a whole number.
    ///
    /// - Parameter bytes: The bytes in which `range` stands.
    /// - Returns: The number; `nil` if it is no whole one, or beyond 64 bits.
    package func integer(in bytes: Span<UInt8>) -> Int64? {
        switch form {
        case .integer: return Int64(start)
        case .number, .boolean, .single, .double:
            guard number == number.rounded(.towardZero) else { return nil }
            if abs(number) < 9_007_199_254_740_992 { return Int64(number) }
            guard form == .number else { return Int64(exactly: number) }
            let spelling = ByteView.withView(of: bytes) { $0.string(of: range) }
            return Int64(spelling) ?? Int64(exactly: number)
        default: return nil
        }
    }

    /// The value as a category.
    ///
    /// - Parameter bytes: The bytes in which `range` stands.
    /// - Returns: A string's text, a number's canonical text, `1` or `0` of a boolean; `nil` for
    ///   anything else.
    package func text(in bytes: Span<UInt8>) -> String? {
        switch form {
        case .text:
            return ByteView.withView(of: bytes) {
                $0.string(
                    of: range.lowerBound &+ 1..<max(range.upperBound &- 1, range.lowerBound &+ 1)
                )
            }
        case .bytes: return ByteView.withView(of: bytes) { $0.string(of: range) }
        case .escapedText:
            return try? JSONCursor.read(bytes) { cursor throws(ScanFault) in
                cursor.rewind(to: range.lowerBound)
                return try cursor.string()
            }
        case .number:
            let spelling = ByteView.withView(of: bytes) { $0.string(of: range) }
            return canonicalText(of: number, spelling: spelling)
        case .boolean, .single, .double: return canonicalText(of: number)
        case .integer: return wholeText
        default: return nil
        }
    }
}

extension JSONCursor {
    /// Reads the next value, whatever it is.
    ///
    /// - Throws: `ScanFault` for what is no JSON.
    /// - Complexity: O(bytes of the value), no allocation but for strings with escapes.
    package mutating func fieldValue() throws(ScanFault) -> FieldValue {
        try readFieldValue()
    }

    /// Goes to a value that was read before, to read it anew.
    package mutating func goBack(to offset: Int) {
        rewind(to: offset)
    }

    /// Goes on behind a value that was read before.
    package mutating func goOn(behind value: Range<Int>) {
        finishValue(at: value.upperBound)
    }

    @inline(__always)
    mutating func readFieldValue() throws(ScanFault) -> FieldValue {
        skipBlanks()
        let start = offset
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            let number = try readNumber()
            return FieldValue(
                number.isFinite ? .number : .infinite,
                number: number,
                range: start..<offset
            )
        case UInt8(ascii: "\""):
            try readText()
            return FieldValue(isTextDecoded ? .escapedText : .text, range: start..<offset)
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            let form: FieldValue.Form = byte == UInt8(ascii: "{") ? .object : .array
            try skipValue()
            return FieldValue(form, range: start..<offset)
        default:
            let literal = try readLiteral()
            let form: FieldValue.Form =
                switch literal {
                case .true, .false: .boolean
                case .null: .null
                case .nan: .notANumber
                case .infinity: .infinite
                }
            return FieldValue(form, number: literal.value, range: start..<offset)
        }
    }
}
