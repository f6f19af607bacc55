// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog
import TestSupport
import Testing

/// Objects by name and arrays by position, read in one pass.
struct FieldReaderTests {
    /// What a reader finds: each value's form and spelling, names first, then markers.
    private static func read(
        _ text: String,
        by reader: inout FieldReader
    ) throws -> [String] {
        let bytes = Array(text.utf8)
        _ = try JSONCursor.read(bytes.span) { cursor throws(ScanFault) in
            let range = try reader.read(&cursor)
            try cursor.end()
            return range
        }
        return reader.values.map { value in
            let spelling = String(decoding: bytes[value.range], as: UTF8.self)
            return spelling.isEmpty ? "\(value.form)" : "\(value.form) \(spelling)"
        }
    }

    private static let cases: [(String, [String])] = [
        (#"{"a":1,"b":"x","c":null}"#, ["number 1", #"text "x""#, "null null", "absent"]),
        (#"{"c":true,"z":[1],"a":-0.5}"#, ["number -0.5", "absent", "boolean true", "absent"]),
        (#"{"a":1,"a":2}"#, ["number 2", "absent", "absent", "absent"]),
        (#"{"m":{"a":9},"b":[1,2]}"#, ["absent", "array [1,2]", "absent", #"object {"a":9}"#]),
        ("[1, NaN , 1e999]", ["number 1", "notANumber NaN", "infinite 1e999", "absent"]),
        (
            #"["\n",-Infinity,3,{"x":1},5]"#,
            [#"escapedText "\n""#, "infinite -Infinity", "number 3", "absent"]
        ),
        ("{}", ["absent", "absent", "absent", "absent"]),
        ("[]", ["absent", "absent", "absent", "absent"]),
    ]

    @Test(arguments: cases)
    func `finds values by name and by position`(text: String, expected: [String]) throws {
        var reader = FieldReader(names: ["a", "b", "c"], markers: ["m"])
        // A second time in the order that was learned, a third after another order.
        #expect(try Self.read(text, by: &reader) == expected)
        #expect(try Self.read(text, by: &reader) == expected)
        _ = try Self.read(#"{"c":0,"q":0,"b":0,"m":0,"a":0}"#, by: &reader)
        #expect(try Self.read(text, by: &reader) == expected)
    }

    @Test
    func `counts elements, also beyond the names`() throws {
        var reader = FieldReader(names: ["a", "b"])
        _ = try Self.read("[1,2,3,4]", by: &reader)
        #expect(reader.elementCount == 4)
        _ = try Self.read("{}", by: &reader)
        #expect(reader.elementCount == nil)
    }

    @Test(arguments: ["3", "\"a\"", "{\"a\":}", "[1,]", "{\"a\":1", "", "null", "{\"a\" 1}"])
    func `refuses what is neither, or no JSON`(text: String) {
        var reader = FieldReader(names: ["a"])
        #expect(throws: ScanFault.self) { try Self.read(text, by: &reader) }
    }

    @Test
    func `more unknown keys than it learns change nothing`() throws {
        var reader = FieldReader(names: ["a", "b"])
        let noise = (0..<60).map { "\"n\($0)\":\($0)" }.joined(separator: ",")
        for _ in 0..<3 {
            let found = try Self.read("{\(noise),\"b\":2,\(noise),\"a\":1}", by: &reader)
            #expect(found == ["number 1", "number 2"])
        }
    }

    @Test
    func `keys are told by position, unknown ones as such`() throws {
        var reader = KeyReader(["model", "version"])
        for text in [#"{"x":1,"version":2,"model":3}"#, #"{"model":3,"version":2}"#, "{}"] {
            let bytes = Array(text.utf8)
            let found = try JSONCursor.read(bytes.span) { cursor throws(ScanFault) in
                var found: [Int] = []
                try reader.begin(&cursor)
                while let key = try reader.next(&cursor) {
                    found.append(key)
                    try cursor.skipValue()
                }
                return found
            }
            let expected = text.contains("x") ? [-1, 1, 0] : text == "{}" ? [] : [0, 1]
            #expect(found == expected)
        }
    }
}
