// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog
import TestSupport
import Testing

/// What a value is as a whole number and as a category.
struct FieldValueTests {
    private static func value(_ text: String) throws -> (FieldValue, [UInt8]) {
        let bytes = Array("  \(text) ".utf8)
        let value = try JSONCursor.read(bytes.span) { cursor throws(ScanFault) in
            try cursor.fieldValue()
        }
        return (value, bytes)
    }

    @Test(
        arguments: [
            ("3", 3), ("-3.0", -3), ("1e2", 100), ("0.5", nil), ("true", 1), ("null", nil),
            ("\"3\"", nil), ("9007199254740993", 9_007_199_254_740_993),
            ("9223372036854775807", .max), ("-9223372036854775808", .min),
            ("9223372036854775808", nil), ("1e300", nil), ("NaN", nil), ("1e999", nil),
            ("[3]", nil),
        ] as [(String, Int64?)]
    )
    func `whole numbers are exact`(text: String, expected: Int64?) throws {
        let (value, bytes) = try Self.value(text)
        #expect(value.integer(in: bytes.span) == expected)
    }

    @Test(
        arguments: [
            (#""a""#, "a"), (#""""#, ""), (#""\u00e9\n""#, "é\n"), ("3.0", "3"), ("1e2", "100"),
            ("12345678901234567890123", "12345678901234567890123"), ("0.50", "0.5"), ("true", "1"),
            ("false", "0"), ("null", nil), ("[]", nil), ("{}", nil), ("NaN", nil),
        ] as [(String, String?)]
    )
    func `categories have canonical texts`(text: String, expected: String?) throws {
        let (value, bytes) = try Self.value(text)
        #expect(value.text(in: bytes.span) == expected)
    }

    @Test
    func `numbers without a spelling`() {
        let none: [UInt8] = []
        for integer in [Int64.min, -1, 0, 1, .max] {
            let value = FieldValue(integer: integer)
            #expect(value.integer(in: none.span) == integer)
            #expect(value.text(in: none.span) == integer.description)
            #expect(value.number == Double(integer))
            #expect(value.range.isEmpty)
        }
        #expect(FieldValue(.double, number: 2.5).integer(in: none.span) == nil)
        #expect(FieldValue(.double, number: 1e300).integer(in: none.span) == nil)
        #expect(FieldValue(.single, number: 7).integer(in: none.span) == 7)
    }
}
