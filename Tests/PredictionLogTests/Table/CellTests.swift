// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog
import Testing

struct CellTests {
    @Test(
        arguments: [
            ("1", 1), ("-0.5", -0.5), ("+3", 3), (".5", 0.5), ("5.", 5), ("1e3", 1_000),
            ("1E-2", 0.01),
            ("007", 7), (" 2 ", 2), ("\t-2", -2), ("inf", .infinity), ("-Infinity", -.infinity),
            ("+INF", .infinity), ("0.1", 0.1),
            ("1797693134862315708e290", 1.797693134862315708e308),
            ("4.9406564584124654e-324", .leastNonzeroMagnitude), ("1e-999", 0),
            ("123456789012345678901234", 1.2345678901234568e23),
        ] as [(String, Double)]
    )
    func `a number is the nearest double and keeps its spelling`(_ text: String, _ value: Double) {
        #expect(Cell(csv: text, missing: .standard) == .number(value, text: text))
    }

    @Test(arguments: [
        "abc", "1,5", "1_000", "0x10", "1e", "e5", ".", "-", "+", "--1", "1-", "1 2", "1e5.0",
        "infinite",
        "1e999", "-1e999", "2013-01-01", "١", " ", "nano", "yes",
    ])
    func `what no number spells is a text, verbatim`(_ text: String) {
        #expect(Cell(csv: text, missing: .standard) == .text(text))
    }

    @Test(arguments: [
        "", "NA", "NaN", "nan", "N/A", "n/a", "NULL", "null", "None", "<NA>",
    ])
    func `what pandas takes as missing is missing`(_ text: String) {
        #expect(Cell(csv: text, missing: .standard) == .missing)
    }

    @Test
    func `given tokens replace the standard ones, but NaN is never a number`() {
        let tokens = MissingTokens(["-", "-999"])
        #expect(Cell(csv: "-", missing: tokens) == .missing)
        #expect(Cell(csv: "-999", missing: tokens) == .missing)
        #expect(Cell(csv: "NA", missing: tokens) == .text("NA"))
        #expect(Cell(csv: "", missing: tokens) == .text(""))
        #expect(Cell(csv: "nan", missing: tokens) == .missing)
        #expect(Cell(csv: "", missing: MissingTokens([])) == .text(""))
    }

    @Test(arguments: [
        ("True", true), ("true", true), ("TRUE", true), ("False", false), ("false", false),
        ("FALSE", false),
    ])
    func `a boolean is 0 or 1 and keeps its spelling`(_ text: String, _ value: Bool) {
        let cell = Cell(csv: text, missing: .standard)
        #expect(cell == .boolean(value, text: text))
        #expect(cell.number == (value ? 1 : 0))
        #expect(cell.text == text)
    }
}
