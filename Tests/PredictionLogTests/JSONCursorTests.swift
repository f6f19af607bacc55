// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog
import TestSupport
import Testing

/// The cursor on whole documents, with Foundation's parser as the oracle.
struct JSONCursorTests {
    /// Expects Foundation's verdict and values, the documented differences apart.
    static func expectFoundation(_ bytes: [UInt8]) {
        guard FoundationDifferences.isComparable(bytes) else { return }
        let expected = JSONTree.foundation(bytes)
        let text = String(decoding: bytes, as: UTF8.self)
        do throws(ScanFault) {
            let found = try JSONTree(bytes)
            if let expected {
                #expect(found.isSame(as: expected), "\(text)")
            } else {
                #expect(FoundationDifferences.mayTake(found), "took \(text)")
            }
        } catch {
            let isAllowed = expected == nil || FoundationDifferences.mayRefuse(bytes, error)
            #expect(isAllowed, "\(error): \(text)")
        }
        // Skipping finds the same faults as reading.
        let skipped = Result { () throws(ScanFault) in try Self.skip(bytes) }
        let read = Result { () throws(ScanFault) in _ = try JSONTree(bytes) }
        switch (skipped, read) {
        case (.success, .success): break
        case (.failure(let left), .failure(let right)): #expect(left.offset == right.offset)
        default: Issue.record("skipping and reading differ: \(text)")
        }
    }

    static func skip(_ bytes: [UInt8]) throws(ScanFault) {
        try JSONCursor.read(bytes.span) { cursor throws(ScanFault) in
            try cursor.skipValue()
            try cursor.end()
        }
    }

    @Test
    func `generated documents`() {
        var documents = JSONDocuments(seed: 1)
        for _ in 0..<3_000 { Self.expectFoundation(documents.next()) }
    }

    @Test
    func `damaged documents`() {
        var documents = JSONDocuments(seed: 2)
        for _ in 0..<2_000 {
            let document = documents.next()
            for _ in 0..<5 { Self.expectFoundation(documents.damaged(document)) }
        }
    }

    @Test(arguments: [
        "[01]", "[-01]", "[1e999]", "[1e-999]", "[1.]", "[.5]", "[-]", "[+1]", "[1,]", "[,1]",
        #"{"a":1,}"#, "[tru]", "[nulL]", "1", #""a""#, "", "  ", "[1]x", "[1][2]", "{a:1}",
        #"{"a"}"#,
        #"{"a":}"#, #"{:1}"#, #"{"":1}"#, "[NaN]", "[-Infinity]", "[Infinity]", "[-NaN]", "[nan]",
        #"["\ud800"]"#, #"["\udc00"]"#, #"["\ud800\u0041"]"#, #"["\ud83d\ude00"]"#,
        #"["\ud83d\ud83d"]"#,
        #"["\u0000"]"#, #"["\x"]"#, #"["\u00e"]"#, #"["\u00E9\u00e9"]"#, "[\"a\tb\"]",
        "[\"\u{7F}\"]",
        "[1]\u{0C}", "[1]//", "[0x1]", "[1e]", "[1e+]", "[1.e1]", "[\"", "[\"\\", "[\"\\u",
        "[\"\\ud83d\\",
        "\u{1}[]", "[\u{0}]", "[\"a\u{0}\"]", "{}", "[]", "[{}]", "}", "]", "[}", "{]",
        "[\"a\" \"b\"]",
        #"{"a":1 "b":2}"#, #"{"a" 1}"#, "[1 2]", "[[],[[]]]", "nul", "t", "-", "\"",
    ])
    func `small documents`(_ text: String) {
        Self.expectFoundation(Array(text.utf8))
    }

    @Test
    func `every byte in every place of a string`() {
        for first in UInt8.min...UInt8.max {
            Self.expectFoundation(Array("[\"".utf8) + [first] + Array("\"]".utf8))
            for second: UInt8 in [0x00, 0x22, 0x5C, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0]
            {
                for rest: [UInt8] in [[], [0x80], [0x80, 0x80], [0xBF, 0xBF], [0x80, 0x41]] {
                    let text = [first, second] + rest
                    Self.expectFoundation(Array("[\"".utf8) + text + Array("\"]".utf8))
                    Self.expectFoundation(
                        Array("[\"12345678".utf8) + text + Array("12345678\"]".utf8)
                    )
                }
            }
        }
    }

    @Test
    func `strings of every length around a word, special bytes at every place`() {
        for length in 0...20 {
            for place in 0..<max(length, 1) {
                for special in ["a", "\"", "\\", "\\n", "é", "\u{1}", "\u{7F}", "\\u00e9"] {
                    var text = Array(repeating: "x", count: length)
                    if place < length { text[place] = special }
                    Self.expectFoundation(Array("[\"\(text.joined())\"]".utf8))
                }
            }
        }
    }

    @Test
    func `nesting to the limit and not beyond`() {
        for depth in [1, 511, 512, 513, 20_000] {
            let arrays = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            let objects =
                String(repeating: #"{"a":"#, count: depth) + "1"
                + String(repeating: "}", count: depth)
            for text in [arrays, objects, String(repeating: "[", count: depth)] {
                let bytes = Array(text.utf8)
                #expect((try? JSONTree(bytes)) == nil || depth <= 512)
                Self.expectFoundation(bytes)
            }
        }
        #expect(throws: ScanFault.self) {
            try Self.skip(Array(String(repeating: "[", count: 513).utf8))
        }
        #expect(Self.fault("[[[1]]]", maxDepth: 2)?.reason == .tooDeep)
        #expect(Self.fault("[[1],[2],{}]", maxDepth: 2) == nil)
    }

    static func fault(_ text: String, maxDepth: Int = JSONCursor.maxDepth) -> ScanFault? {
        do {
            try JSONCursor.read(Array(text.utf8).span, maxDepth: maxDepth) {
                cursor throws(ScanFault) in
                try cursor.skipValue()
                try cursor.end()
            }
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        (
            #"{"a":1,"b":tru}"#,
            "expected a literal: true, false, null, NaN or Infinity, found '}' at byte 14"
        ),
        (#"{"a""#, "expected a colon, found the end at byte 4"),
        ("[1 2]", "expected a comma or ], found '2' at byte 3"),
        ("[\"\u{1}\"]", "expected a character or the closing quote, found the byte 0x01 at byte 2"),
        ("", "expected a value, found the end at byte 0"),
    ])
    func `a fault says what, where and instead of what`(_ text: String, _ description: String) {
        #expect(Self.fault(text)?.description == description)
    }

    @Test
    func `reads a document of a known form`() throws {
        let text =
            #"{"name":"a\u00e9","rows":12,"ok":true,"knots":[1.5,-2e3],"none":null,"extra":[{}]}"#
        let found = try JSONCursor.read(Array(text.utf8).span) { cursor throws(ScanFault) in
            var name = ""
            var rows = 0
            var isOk = false
            var knots: [Double] = []
            var isNull = false
            try cursor.beginObject()
            while let key = try cursor.nextKey() {
                switch key {
                case "name": name = try cursor.string()
                case "rows": rows = try cursor.integer()
                case "ok": isOk = try cursor.boolean()
                case "knots":
                    try cursor.beginArray()
                    while try cursor.nextElement() { knots.append(try cursor.double()) }
                case "none": isNull = try cursor.null()
                default: try cursor.skipValue()
                }
            }
            try cursor.end()
            return "\(name) \(rows) \(isOk) \(knots) \(isNull)"
        }
        #expect(found == "aé 12 true [1.5, -2000.0] true")
    }

    @Test(arguments: ["\"1\"", "true", "null", "[]", "{}", "1e999", "-1e999", "", "x"])
    func `a double is a number within the range`(_ text: String) {
        #expect(throws: ScanFault.self) {
            try JSONCursor.read(Array(text.utf8).span) { cursor throws(ScanFault) in
                try cursor.double()
            }
        }
    }

    @Test(arguments: ["1.0", "1e2", "9223372036854775808", "NaN", "\"1\"", "true"])
    func `an integer is spelt as one`(_ text: String) {
        #expect(throws: ScanFault.self) {
            try JSONCursor.read(Array(text.utf8).span) { cursor throws(ScanFault) in
                try cursor.integer()
            }
        }
    }
}
