// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog
import TestSupport
import Testing

/// Parts of lines: copied, and numbers as the shortest texts.
struct LineTextTests {
    private static func text(_ write: (inout [UInt8]) -> Void) -> String {
        var bytes: [UInt8] = []
        write(&bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test
    func `newlines of a document become spaces, and only those of the range`() {
        let document = Array("{\"a\":\n[1,\r\n2]}\n".utf8)
        #expect(Self.text { $0.appendLine(of: document.span, 0..<14) } == "{\"a\": [1,\r 2]}")
        #expect(Self.text { $0.appendLine(of: document.span, 6..<9) } == "[1,")
        #expect(Self.text { $0.appendLine(of: document.span, 0..<0) } == "")
        #expect(Self.text { $0.appendLine(of: document.span, 13..<400) } == "} ")
    }

    @Test
    func `floats and doubles read back to themselves`() {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<2_000 {
            let float = Float(bitPattern: UInt32.random(in: 0...(.max), using: &random))
            let double = Double(bitPattern: UInt64.random(in: 0...(.max), using: &random))
            guard float.isFinite, double.isFinite else { continue }
            #expect(Float(Self.text { $0.append(number: float) }) == float)
            #expect(Double(Self.text { $0.append(number: double) }) == double)
        }
        #expect(Self.text { $0.append(number: Float(5)) } == "5")
        #expect(Self.text { $0.append(number: Float(0.1)) } == "0.1")
        #expect(Self.text { $0.append(number: -0.0) } == "-0")
        #expect(Self.text { $0.append(number: Float.nan) } == "null")
        #expect(Self.text { $0.append(number: -Double.infinity) } == "null")
    }

    @Test
    func `an object is made of the values that are there`() throws {
        let document = Array(#"[1.50,"a\n",null]"#.utf8)
        var reader = FieldReader(names: ["x", "y\"", "z", "w"])
        _ = try JSONCursor.read(document.span) { cursor throws(ScanFault) in
            try reader.read(&cursor)
        }
        let keys = ObjectKeys(["x", "y\"", "z", "w"])
        var values = reader.values
        func object() -> String {
            Self.text { $0.appendObject(of: document.span, values.span, keys: keys) }
        }
        #expect(object() == #"{"x":1.50,"y\"":"a\n","z":null}"#)
        values[0] = .absent
        values[2] = FieldValue(integer: -7)
        values[3] = FieldValue(.single, number: Double(Float(0.1)))
        #expect(object() == #"{"y\"":"a\n","z":-7,"w":0.1}"#)
        values = [FieldValue(.bytes, range: 6..<7), .absent, FieldValue(.double, number: .nan)]
        #expect(object() == #"{"x":"\"","z":null}"#)
        values = [.absent, .absent]
        #expect(object() == "{}")
    }

    @Test(arguments: [
        (1_764_136_499_123_456_789, 6, "1764136499.123456"), (0, 9, "0.000000000"),
        (-5, 3, "0.000"), (999_999_999, 9, "0.999999999"), (1_000_000_000, 0, "1"),
        (Int64.max, 9, "9223372036.854775807"),
    ])
    func `times have fixed decimals`(nanoseconds: Int64, decimals: Int, expected: String) {
        #expect(
            Self.text { $0.append(nanoseconds: nanoseconds, decimals: decimals) } == expected
        )
    }

    @Test
    func `texts are quoted as the writer quotes them`() {
        #expect(Self.text { $0.append(string: "a\"\n\u{1}é") } == "\"a\\\"\\n\\u0001é\"")
    }
}
