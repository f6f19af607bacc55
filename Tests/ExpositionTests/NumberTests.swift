// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Exposition
import TestSupport
import Testing

/// How the writer renders the value of a gauge.
private func rendered(_ value: Double) -> String {
    var writer = ExpositionWriter(.text004)
    writer.single(MetricDescriptor("x", .gauge, help: "X."), value)
    let text = String(decoding: writer.finish(), as: UTF8.self)
    return String(text.split(separator: "\n").last?.dropFirst(2) ?? "")
}

struct NumberTests {
    @Test(arguments: [
        (0, "0"), (-0.0, "0"), (1, "1"), (-12, "-12"), (0.1, "0.1"), (1e-05, "1e-05"),
        (0.30000000000000004, "0.30000000000000004"), (Double.leastNonzeroMagnitude, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (9_007_199_254_740_991, "9007199254740991"), (9_007_199_254_740_992, "9007199254740992.0"),
        (1e22, "1e+22"), (.nan, "NaN"), (-.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
    ])
    func `writes a number`(value: Double, text: String) {
        #expect(rendered(value) == text)
    }

    @Test
    func `any double reads back to itself`() {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<2_000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            #expect(Double(rendered(value)) == value)
        }
    }

    @Test(arguments: [
        (UInt64(0), "0"), (9, "9"), (10, "10"), (1_000_000, "1000000"),
        (9_007_199_254_740_993, "9007199254740993"), (.max, "18446744073709551615"),
    ])
    func `writes every digit of a count`(count: UInt64, text: String) {
        var writer = ExpositionWriter(.text004)
        writer.family(MetricDescriptor("x", .gauge, help: "X.")) { $0.sample(count: count) }
        let page = String(decoding: writer.finish(), as: UTF8.self)
        #expect(page.hasSuffix("\nx \(text)\n"))
    }
}
