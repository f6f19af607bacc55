// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import InferenceServer
import TestSupport
import Testing

/// Models whose answer's decimal digits are their columns: what stands where.
struct FeatureMapTests {
    private let sample: SampleRepository

    init() throws {
        sample = try SampleRepository()
    }

    @Test
    func `an input a column is a feature an input`() throws {
        let served = try load("kinds").served
        #expect(try served.value(#"{"x":3,"n":4,"s":"7"}"#) == 243)
        #expect(try served.value(#"{"s":7,"n":4,"x":3}"#) == 243)
        #expect(try served.value(#"[3,4,"7"]"#) == 243)
        // In the order of model.yaml.
        let described = try load("kinds", yaml: "inputs: [{name: s}, {name: x}, {name: n}]").served
        #expect(try described.value(#"["7",3,4]"#) == 243)
    }

    @Test
    func `a matrix has its names from model yaml, else from its metadata, else by number`() throws {
        #expect(try load("matrix").served.features.map(\.name) == ["f0", "f1", "f2"])
        #expect(try load("named").served.features.map(\.name) == ["u", "v", "w"])
        #expect(try load("commas").served.features.map(\.name) == ["u", "v", "w"])
        let yaml = "inputs: [{name: c}, {name: b}, {name: a}]"
        for model in ["matrix", "named"] {
            let served = try load(model, yaml: yaml).served
            #expect(try served.value(#"{"a":3,"b":2,"c":1}"#) == 321)
            #expect(try served.value("[1,2,3]") == 321)
        }
    }

    @Test
    func `names in the metadata that do not fit are not used, and that is told`() throws {
        let loaded = try load("misnamed")
        #expect(loaded.served.features.map(\.name) == ["f0", "f1", "f2"])
        #expect(loaded.remarks.count == 1)
        #expect(loaded.remarks.first?.contains("2 names") == true)
    }

    @Test
    func `columns are found by name, and matrices filled by what is left, in order`() throws {
        let plain = try load("matrices").served
        #expect(plain.features.map(\.name) == ["a_f0", "a_f1", "b_f0", "b_f1", "b_f2", "c"])
        #expect(try plain.value("[1,2,3,4,5,6]") == 654_321)
        let yaml = "inputs: [{name: q}, {name: c}, {name: r}, {name: s}, {name: t}, {name: u}]"
        let described = try load("matrices", yaml: yaml).served
        #expect(try described.value("[1,6,2,3,4,5]") == 654_321)
        #expect(try described.value(#"{"q":1,"r":2,"s":3,"t":4,"u":5,"c":6}"#) == 654_321)
    }

    @Test
    func `a matrix of another width than described is refused`() throws {
        let error = #expect(throws: VersionFault.self) {
            try load("matrix", yaml: "inputs: [{name: a}, {name: b}]")
        }
        #expect(
            error?.description
                == "model.yaml: inputs: expected 3 features, as many as the model has columns, found 2"
        )
    }

    @Test
    func `a name that is both a column and in a matrix twice is refused`() throws {
        // The only column of its own is c; d would be the seventh.
        let names = ["c", "q", "r", "s", "t", "u", "v"].map { "{name: \($0)}" }
        let error = #expect(throws: VersionFault.self) {
            try load("matrices", yaml: "inputs: [\(names.joined(separator: ", "))]")
        }
        #expect(error?.description.contains("not in the model: q, r, s, t, u, v") == true)
    }

    private func load(_ fixture: String, yaml: String? = nil) throws -> LoadedVersion {
        try? sample.remove("m/1")
        try sample.publish("m/1", fixture, yaml: yaml)
        return try VersionLoader.load(
            directory: sample.directory.path("models/m/1"),
            model: "m",
            version: "1"
        )
    }
}
