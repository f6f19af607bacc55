// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog
import TestSupport
import Testing

/// What is written is what the scanner reads.
struct RecordWriterTests {
    @Test
    func `a record is one line of JSON`() {
        var writer = RecordWriter()
        writer.append(Hello(producer: "p", session: "s", wantsAcknowledgement: true))
        writer.append(
            RecordWriter.Record(
                model: "delay",
                version: "1",
                timestamp: 1_370_077_200.25,
                id: "a\"b\n",
                features: [
                    ("temp", .number(0.1)), ("late", .number(1)), ("plane_age", .number(.nan)),
                    ("dep_delay", .number(-.infinity)), ("carrier", .text("Köln")),
                    ("hour", .missing),
                ].map { RecordWriter.Feature(name: $0, value: $1) },
                prediction: .number(0.5),
                latency: 0.0004,
                outcome: "ok"
            )
        )
        writer.append(dropped: 3)
        #expect(
            String(decoding: writer.bytes, as: UTF8.self) == #"""
                {"hello":{"producer":"p","session":"s","ack":true}}
                {"model":"delay","version":"1","ts":1370077200.25,"id":"a\"b\n","features":{"temp":0.1,"late":1,"plane_age":null,"dep_delay":-Infinity,"carrier":"Köln","hour":null},"prediction":0.5,"latency":0.0004,"outcome":"ok"}
                {"dropped":3}

                """#
        )
        let outcome = ScanOutcome([writer.bytes], by: SampleRecord.schemas)
        let values: [ScanOutcome.Value] = [
            .number(-.infinity), .number(0.1), .cell(1), .missing, .number(1), .missing,
            .number(0.5),
        ]
        #expect(
            outcome.rows[0] == [ScanOutcome.Row(timestamp: 1_370_077_200.25, values: values)]
        )
        #expect(outcome.hello?.session == "s")
        #expect(outcome.producerDropped == 3)
        writer.removeAll()
        #expect(writer.bytes.isEmpty)
    }

    @Test
    func `numbers and texts of all kinds come back`() {
        var random = SeededGenerator(seed: 1)
        let texts = [
            "B6", "Köln", "UA", "US", "\u{0}", "\"\\/", "\u{1F}\t", "😀",
            String(repeating: "x", count: 300),
        ]
        let schema = RecordSchema(
            model: "\"m\"\u{7}",
            version: "é",
            features: [
                RecordSchema.Column(name: "n\\\"\n", kind: .numeric),
                RecordSchema.Column(name: "c", kind: .categorical(texts)),
            ],
            prediction: .categorical(texts)
        )
        var writer = RecordWriter()
        var rows: [ScanOutcome.Row] = []
        for _ in 0..<2_000 {
            let number = Double(bitPattern: random.next())
            let cell = Int.random(in: 0..<texts.count, using: &random)
            writer.append(
                RecordWriter.Record(
                    model: schema.model,
                    version: schema.version,
                    features: [
                        RecordWriter.Feature(name: "n\\\"\n", value: .number(number)),
                        RecordWriter.Feature(name: "c", value: .text(texts[cell])),
                    ],
                    prediction: .text(texts[texts.count - 1 - cell])
                )
            )
            rows.append(
                ScanOutcome.Row(
                    values: [
                        number.isNaN ? .missing : .number(number), .cell(cell),
                        .cell(texts.count - 1 - cell),
                    ]
                )
            )
        }
        let outcome = ScanOutcome([writer.bytes], by: [schema])
        #expect(outcome.rows[0] == rows)
        #expect(outcome.rejected == [:])
    }
}
