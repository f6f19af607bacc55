// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Inference
import InferenceServer
import PredictionLog
import TestSupport
import Testing

struct FeatureRowsTests {
    private let served: ServedModel

    init() throws {
        let sample = try SampleRepository()
        let yaml = """
            inputs:
              - {name: x, minimum: -5, maximum: 5}
              - {name: n, minimum: 0}
              - {name: s, categories: [a, "1", "7", "1.5"]}
            """
        try sample.publish("m/1", "kinds", yaml: yaml)
        let path = sample.directory.path("models/m/1")
        served = try VersionLoader.load(directory: path, model: "m", version: "1").served
    }

    @Test(arguments: [
        (#"{"x":1.5,"n":2,"s":"a"}"#, Float(1.5), Int64(2), "a"),
        (#"{"s":"a","unknown":{"x":[9]},"n":2,"x":1.5}"#, 1.5, 2, "a"),
        (#"[1.5,2,"a"]"#, 1.5, 2, "a"),
        // The last of a key counts; booleans are 0 and 1; whole numbers may have a fraction of 0.
        (#"{"x":9,"x":1,"n":true,"s":"a"}"#, 1, 1, "a"),
        (#"{"x":false,"n":3.0,"s":7}"#, 0, 3, "7"),
        (#"{"x":1,"n":2,"s":true}"#, 1, 2, "1"),
        (#"{"x":-0.0,"n":9007199254740993,"s":1.50}"#, 0, 9_007_199_254_740_993, "1.5"),
        (#"{"x":1,"n":1e3,"s":null}"#, 1, 1_000, ""),
    ])
    func `values go where they belong`(json: String, x: Float, n: Int64, s: String) throws {
        let workspace = try read(json)
        #expect(workspace.inputs[0].floats == [x])
        #expect(workspace.inputs[1].integers == [n])
        #expect(workspace.inputs[2].strings == [s])
        #expect(workspace.inputs.allSatisfy { $0.shape == [1, 1] })
    }

    @Test
    func `null is missing, as a number`() throws {
        #expect(try read(#"{"x":null,"n":0,"s":null}"#).inputs[0].floats[0].isNaN)
    }

    @Test(arguments: [
        (#"{"x":1,"n":2}"#, #"feature "s": expected a value, found none"#),
        ("[1,2]", "expected 3 features, found 2"),
        (#"[1,2,"a",4]"#, "expected 3 features, found 4"),
        ("3", "expected an object or an array of features"),
        (#"{"x":"1","n":2,"s":"a"}"#, #"feature "x": expected a number or nothing"#),
        (#"{"x":[1],"n":2,"s":"a"}"#, #"feature "x": expected a number or nothing"#),
        (#"{"x":NaN,"n":2,"s":"a"}"#, #"feature "x": expected a finite number"#),
        (#"{"x":1e999,"n":2,"s":"a"}"#, #"feature "x": expected a finite number"#),
        (#"{"x":6,"n":2,"s":"a"}"#, #"feature "x": expected at most 5.0, found 6.0"#),
        (#"{"x":-5.5,"n":2,"s":"a"}"#, #"feature "x": expected at least -5.0, found -5.5"#),
        (#"{"x":1,"n":-1,"s":"a"}"#, #"feature "n": expected at least 0.0, found -1.0"#),
        (#"{"x":1,"n":2.5,"s":"a"}"#, #"feature "n": expected a whole number"#),
        (#"{"x":1,"n":1e30,"s":"a"}"#, #"feature "n": expected a whole number"#),
        (#"{"x":1,"n":null,"s":"a"}"#, #"feature "n": expected a whole number"#),
        (#"{"x":1,"n":2,"s":"b"}"#, #"feature "s": expected one of its categories, found "b""#),
        (#"{"x":1,"n":2,"s":["a"]}"#, #"feature "s": expected a text, a number or nothing"#),
        (#"{"x":1,"n":2,"s":"a""#, "expected a comma or }, found the end at byte 20"),
    ])
    func `faults name the feature and what was expected`(json: String, message: String) {
        let error = #expect(throws: FeatureRowError.self) { try read(json) }
        #expect(error?.description == message)
    }

    @Test
    func `rows follow one another`() throws {
        var workspace = Workspace(for: served.model)
        let rows = FeatureRows(features: served.features, inputs: served.model.inputs)
        for value in 0..<3 {
            try rows.append(
                [.number(Double(value), text: ""), .boolean(true, text: ""), .text("a")],
                to: &workspace
            )
        }
        #expect(workspace.inputs[0].floats == [0, 1, 2])
        #expect(workspace.inputs[0].shape == [3, 1])
        try served.model.run(rows: 3, in: &workspace)
        #expect(workspace.outputs[0].floats == [110, 111, 112])
        workspace.removeRows()
        #expect(workspace.inputs.allSatisfy { $0.count == 0 && $0.floats.isEmpty })
    }

    private func read(_ json: String) throws -> Workspace {
        var workspace = Workspace(for: served.model)
        let rows = FeatureRows(features: served.features, inputs: served.model.inputs)
        try JSONCursor.read(Array(json.utf8).span) { cursor throws(FeatureRowError) in
            try rows.append(&cursor, to: &workspace)
        }
        return workspace
    }
}
