// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import PredictionLog

/// A record with a bit of everything, and the schemas that know it.
enum SampleRecord {
    static let schema = RecordSchema(
        model: "delay",
        version: "1",
        features: [
            RecordSchema.Column(name: "dep_delay", kind: .numeric),
            RecordSchema.Column(name: "temp", kind: .numeric),
            RecordSchema.Column(name: "carrier", kind: .categorical(["B6", "Köln", "UA", "US"])),
            RecordSchema.Column(name: "plane_age", kind: .numeric),
            RecordSchema.Column(name: "late", kind: .numeric),
            RecordSchema.Column(name: "hour", kind: .categorical(["1", "17", "9.5", "inf"])),
        ],
        prediction: .numeric
    )

    /// The same model, another version: other features, and a prediction of categories.
    static let secondSchema = RecordSchema(
        model: "delay",
        version: "2",
        features: [
            RecordSchema.Column(name: "carrier", kind: .categorical(["AA", "US"])),
            RecordSchema.Column(name: "temp", kind: .numeric),
            RecordSchema.Column(name: "wind", kind: .numeric),
        ],
        prediction: .categorical(["no", "yes"])
    )

    static let schemas = [schema, secondSchema]

    /// The whole record, with escapes, blanks, exponents and a nested key that is skipped.
    static let line =
        #"{"model":"delay","version":"1","ts":1370077200.25,"id":"f\u0031\"","#
        + #""features":{"dep_delay":-9.0,"carrier":"K\u00f6ln", "temp":7.95e1,"plane_age":null,"#
        + #""late":true,"new":[1,{"a":"é"}],"hour":17},"prediction":0.0823,"latency":0.0004,"#
        + #""outcome":"ok","trace":{"span":[1,2.5e-3,"x\/y"]}}"#

    static let row = ScanOutcome.Row(
        timestamp: 1_370_077_200.25,
        values: [
            .number(-9), .number(79.5), .cell(1), .missing, .number(1), .cell(1), .number(0.0823),
        ]
    )

    /// A record of the first schema with the given text as its features and after them.
    static func record(features: String, _ rest: String = "") -> String {
        #"{"model":"delay","version":"1","features":\#(features)\#(rest)}"# + "\n"
    }
}
