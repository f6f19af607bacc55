// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog
import Testing

struct CSVTableTests {
    /// A CSV text and the rows that every split of its bytes must give.
    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let text: String
        let columns: [String]
        let rows: [[Cell]]
        var lines: [Int]?

        init(
            _ description: String,
            _ text: String,
            _ columns: [String],
            _ rows: [[Cell]],
            lines: [Int]? = nil
        ) {
            testDescription = description
            self.text = text
            self.columns = columns
            self.rows = rows
            self.lines = lines
        }
    }

    static let one = Cell.number(1, text: "1")
    static let two = Cell.number(2, text: "2")

    static let cases: [Case] = [
        Case("plain", "a,b\n1,x\n", ["a", "b"], [[one, .text("x")]], lines: [2]),
        Case("no newline at the end", "a,b\n1,x", ["a", "b"], [[one, .text("x")]]),
        Case("an empty last field", "a,b\n1,\n", ["a", "b"], [[one, .missing]]),
        Case("an empty last field at the end", "a,b\n1,", ["a", "b"], [[one, .missing]]),
        Case(
            "CRLF",
            "a,b\r\n1,x\r\n2,y\r\n",
            ["a", "b"],
            [[one, .text("x")], [two, .text("y")]]
        ),
        Case("CR alone", "a\r1\r2", ["a"], [[one], [two]], lines: [2, 3]),
        Case("a byte-order mark", "\u{FEFF}a\n1\n", ["a"], [[one]]),
        Case(
            "quotes",
            "a,b\n\"x,y\",\"he said \"\"no\"\"\"\n",
            ["a", "b"],
            [[.text("x,y"), .text("he said \"no\"")]]
        ),
        Case(
            "line ends within quotes",
            "a,b\n\"x\ny\",1\n\"p\r\nq\",2\nz,1\n",
            ["a", "b"],
            [[.text("x\ny"), one], [.text("p\r\nq"), two], [.text("z"), one]],
            lines: [2, 4, 6]
        ),
        Case("a quote inside a field", "a\nx\"y\"\n", ["a"], [[.text("x\"y\"")]]),
        Case("quoted header", "\"a,1\",b\n1,2\n", ["a,1", "b"], [[one, two]]),
        Case("quotes do not make a text", "a,b\n\"1\",\"\"\n", ["a", "b"], [[one, .missing]]),
        Case(
            "blank lines are no rows",
            "\n\na\n1\n\n2\n\n",
            ["a"],
            [[one], [two]],
            lines: [4, 6]
        ),
        Case("a lone missing cell", "a\n\"\"\n1\n", ["a"], [[.missing], [one]]),
        Case("a header alone", "a,b\n", ["a", "b"], []),
        Case("an index column", ",a\n1,2\n", ["unnamed_1", "a"], [[one, two]]),
        Case("beyond ASCII", "größe\nübergroß\n", ["größe"], [[.text("übergroß")]]),
    ]

    /// Reads the bytes in pieces of a length.
    static func read(
        _ bytes: [UInt8],
        by length: Int = .max / 2,
        options: TableReader.Options = .init()
    ) throws -> (columns: [TableColumn], rows: [TableRow]) {
        var reader = TableReader(options: options)
        var rows: [TableRow] = []
        for start in stride(from: 0, to: bytes.count, by: length) {
            rows += try reader.read(Array(bytes[start..<min(start + length, bytes.count)]).span)
        }
        rows += try reader.finish()
        return (reader.columns, rows)
    }

    @Test(arguments: cases)
    func `reads the same rows at any split`(_ sample: Case) throws {
        let bytes = Array(sample.text.utf8)
        for length in 1...bytes.count {
            let table = try Self.read(bytes, by: length)
            #expect(table.columns.map(\.name) == sample.columns)
            #expect(table.rows.map(\.cells) == sample.rows)
            if let lines = sample.lines { #expect(table.rows.map(\.line) == lines) }
        }
    }

    @Test(arguments: [
        ("a,b\n1,2\n3\n", TableError.raggedRow(line: 3, expected: 2, found: 1)),
        (" [\n {\"x\":1}]", .jsonArray),
        ("a;b\n1;2\n", .separator(found: ";")),
        ("a\tb\n1\t2\n", .separator(found: "\t")),
        ("a,b\n\"x\n\ny\",2\n1,2,3\n", .raggedRow(line: 5, expected: 2, found: 3)),
        ("a\n\"x\"y\n", .textAfterQuote(line: 2)),
        ("a,b\n1,2\n1,\"x\n\n", .unterminatedQuote(line: 3)),
        ("a,b,a\n1,2,3\n", .duplicateColumn(name: "a")),
        ("", .empty),
        (" \n\r\n", .empty),
    ])
    func `says what is wrong and on which line`(_ text: String, _ error: TableError) {
        for length in [1, 2, 1_000] {
            #expect(throws: error) { try Self.read(Array(text.utf8), by: length) }
        }
    }

    @Test
    func `invalid UTF-8 is an error with its line`() {
        #expect(throws: TableError.invalidUTF8(line: 3)) {
            try Self.read(Array("a\nx\n".utf8) + [0x66, 0xE9, 0x65, 0x0A])
        }
        #expect(throws: TableError.invalidUTF8(line: 1)) { try Self.read([0xEF, 0xBB]) }
    }

    @Test
    func `a row over the limit is an error, one at the limit is not`() throws {
        let options = TableReader.Options(rowLimit: 8)
        let atLimit = try Self.read(Array("a\n1234567\n".utf8), options: options)
        #expect(atLimit.rows.count == 1)
        #expect(throws: TableError.rowTooLong(line: 2, limit: 8)) {
            try Self.read(Array("a\n\"2345\n789\"\n".utf8), by: 3, options: options)
        }
        #expect(throws: TableError.rowTooLong(line: 1, limit: 8)) {
            try Self.read([UInt8](repeating: 0x20, count: 9), by: 1, options: options)
        }
    }

    @Test
    func `a reader that threw goes on throwing`() {
        var reader = TableReader()
        #expect(throws: TableError.self) { try reader.read(Array("a\n1,2\n".utf8).span) }
        #expect(throws: TableError.self) { try reader.read(Array("1\n".utf8).span) }
    }
}
