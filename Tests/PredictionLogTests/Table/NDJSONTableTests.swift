// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog
import Testing

struct NDJSONTableTests {
    private static func read(
        _ text: String,
        by length: Int = .max / 2,
        options: TableReader.Options = .init()
    ) throws -> (columns: [TableColumn], rows: [TableRow]) {
        try CSVTableTests.read(Array(text.utf8), by: length, options: options)
    }

    @Test
    func `reads the same flat rows at any split, columns as they come`() throws {
        let text = "{\"x\":1,\"y\":\"a\"}\n\n{\"y\":\"ü\\n\",\"z\":true}\r\n{\"x\":null}"
        for length in 1...text.utf8.count {
            let table = try Self.read(text, by: length)
            #expect(table.columns == ["x", "y", "z"].map { TableColumn($0) })
            #expect(table.rows.map(\.line) == [1, 3, 4])
            #expect(table.rows[0].cells == [.number(1, text: "1"), .text("a")])
            #expect(
                table.rows[1].cells == [.missing, .text("ü\n"), .boolean(true, text: "1")]
            )
            #expect(table.rows[2].cells == [.missing])
            #expect(table.rows[0][2] == .missing)
        }
    }

    @Test(arguments: [
        ("1.50", Cell.number(1.5, text: "1.5")),
        ("-0", .number(0, text: "0")),
        ("1e-2", .number(0.01, text: "0.01")),
        ("NaN", .missing),
        ("null", .missing),
        ("Infinity", .number(.infinity, text: "inf")),
        ("-Infinity", .number(-.infinity, text: "-inf")),
        ("1e999", .text("1e999")),
        ("\"1\"", .text("1")),
        ("\"\"", .text("")),
        ("\"NA\"", .text("NA")),
        ("false", .boolean(false, text: "0")),
        ("[1, {\"a\":2}]", .missing),
    ])
    func `a value is the cell that JSON says, whatever it looks like`(
        json: String,
        cell: Cell
    ) throws {
        #expect(try Self.read("{\"x\":\(json)}").rows[0].cells == [cell])
    }

    @Test
    func `an object with features is a record, and the two stay apart`() throws {
        let text = """
            {"ts":5,"features":{"ts":1,"x":2},"prediction":0.5}
            {"ts":6,"x":7}
            """
        let table = try Self.read(text)
        #expect(
            table.columns == [
                TableColumn("ts", .feature), TableColumn("x", .feature),
                TableColumn("ts", .envelope), TableColumn("prediction", .envelope),
                TableColumn("ts", .field), TableColumn("x", .field),
            ]
        )
        #expect(table.rows[0].cells.map(\.number) == [1, 2, 5, 0.5])
        #expect(table.rows[1].cells.map(\.number) == [nil, nil, nil, nil, 6, 7])
    }

    @Test
    func `features that are neither object nor array make a flat row`() throws {
        let table = try Self.read(#"{"features":3}"#)
        #expect(table.columns == [TableColumn("features")])
    }

    @Test
    func `an array of features takes the names it is told, and no others`() throws {
        let text = #"{"features":[1,null]}"#
        let options = TableReader.Options(featureNames: ["a", "b"])
        let table = try Self.read(text, options: options)
        #expect(table.columns == [TableColumn("a", .feature), TableColumn("b", .feature)])
        #expect(table.rows[0].cells == [.number(1, text: "1"), .missing])
        #expect(throws: TableError.unnamedFeatures(line: 1)) { try Self.read(text) }
        #expect(throws: TableError.featureCount(line: 1, expected: 1, found: 2)) {
            try Self.read(text, options: TableReader.Options(featureNames: ["a"]))
        }
    }

    @Test
    func `of a key that stands twice the last value counts`() throws {
        let table = try Self.read(#"{"x":1,"y":2,"x":3}"#)
        #expect(table.rows[0].cells.map(\.number) == [3, 2])
    }

    @Test(arguments: ["{\"x\":1", "{\"x\":1}}", "{\"x\":1},", "{x:1}", "{\"x\":01}", "[1]", "7"])
    func `a line that is no JSON object is an error with its line`(line: String) {
        #expect {
            try Self.read("{\"a\":1}\n\(line)\n")
        } throws: { error in
            guard case .json(line: 2, _)? = error as? TableError else { return false }
            return true
        }
    }

    @Test
    func `a line over the limit is an error, one at the limit is not`() throws {
        let options = TableReader.Options(rowLimit: 8)
        #expect(try Self.read("{\"x\":12}\n", options: options).rows.count == 1)
        #expect(throws: TableError.rowTooLong(line: 2, limit: 8)) {
            try Self.read("{\"x\":1}\n{\"x\":123}\n", by: 3, options: options)
        }
    }
}
