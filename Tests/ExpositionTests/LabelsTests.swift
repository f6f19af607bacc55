// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Exposition
import TestSupport
import Testing

struct LabelsTests {
    @Test(arguments: [
        ("plain", "plain"),
        ("", ""),
        (#"a"b"#, #"a\"b"#),
        (#"a\b"#, #"a\\b"#),
        (#"ends in a backslash\"#, #"ends in a backslash\\"#),
        ("two\nlines", #"two\nlines"#),
        (#"\n"#, #"\\n"#),
        (#"x"} 1 # evil{y=""#, #"x\"} 1 # evil{y=\""#),
        ("ключ 🚢\u{0}\t\r", "ключ 🚢\u{0}\t\r"),
    ])
    func `escapes a value`(value: String, rendered: String) {
        let labels = Labels(["feature": value])
        #expect(String(decoding: labels.bytes, as: UTF8.self) == "feature=\"\(rendered)\"")
    }

    @Test
    func `a value comes back from any text made of hostile pieces`() {
        let pieces = [
            "\\", "\"", "\n", "{", "}", ",", "=", " ", "#", "a", "é", "\r", "\u{0}", "\\n",
        ]
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<500 {
            let value = (0..<Int.random(in: 0...8, using: &generator))
                .map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            var writer = ExpositionWriter(.openMetrics100)
            writer.family(MetricDescriptor("kedge_x", .gauge, help: "X.")) { family in
                family.sample(3, Labels(["feature": value, "window": "1h"]))
            }
            let check = ExpositionCheck(
                String(decoding: writer.finish(), as: UTF8.self),
                dialect: .openMetrics
            )
            #expect(check.faults == [], "\(value.debugDescription)")
            #expect(check.value("kedge_x", ["feature": value, "window": "1h"]) == 3)
        }
    }

    @Test
    func `keeps the order given and joins sets by a comma`() {
        let labels = Labels(["b": "1"]).adding("a", "2").adding(Labels(["c": "3", "d": "4"]))
        #expect(String(decoding: labels.bytes, as: UTF8.self) == #"b="1",a="2",c="3",d="4""#)
    }

    @Test
    func `none is neutral`() {
        let labels = Labels(["a": "1"])
        #expect(labels.adding(.none) == labels)
        #expect(Labels.none.adding(labels) == labels)
        #expect(Labels([:]) == .none)
    }

    @Test
    func `refuses a name that is there already`() async {
        await #expect(processExitsWith: .failure) {
            _ = Labels(["a": "1"]).adding("a", "2")
        }
    }
}
