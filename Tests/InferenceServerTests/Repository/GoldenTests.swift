// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import InferenceServer
import TestSupport
import Testing

struct GoldenTests {
    /// A `golden.json` beside the fixture `kinds`, whose answer is x + 10·n + 100·code.
    struct Case: CustomTestStringConvertible {
        let file: String
        let message: String

        init(_ file: String, _ message: String) {
            self.file = file
            self.message = message
        }

        var testDescription: String { message }
    }

    static let faults: [Case] = [
        Case("[]", "golden.json: expected an object, found '[' at byte 0"),
        Case(
            #"{"rows":[],"prediction":[]}"#,
            #"golden.json: expected "rows" with at least one row"#
        ),
        Case(#"{"prediction":[]}"#, #"golden.json: expected "rows" with at least one row"#),
        Case(
            #"{"rows":[[1,2,"a"]]}"#,
            #"golden.json: expected "probability" or "prediction""#
        ),
        Case(
            #"{"rows":[[1,2,"a"]],"prediction":[1,2]}"#,
            #"golden.json: expected as many elements of "prediction" as rows, 1, found 2"#
        ),
        Case(
            #"{"rows":[[1,2,"a"]],"prediction":[121],"tolerence":1}"#,
            #"golden.json: unknown key "tolerence"; did you mean "tolerance"?"#
        ),
        Case(
            #"{"rows":[[1,2,"a"]],"prediction":[121],"rows":[]}"#,
            #"golden.json: "rows" is given twice"#
        ),
        Case(
            #"{"rows":[[1,2,"a"]],"prediction":[121],"tolerance":-1}"#,
            "golden.json: expected a tolerance of at least 0, found -1.0"
        ),
        Case(
            #"{"rows":[[1,2,"a"],[1,2]],"prediction":[121,121]}"#,
            "golden.json: row 1: expected 3 features, found 2"
        ),
        Case(
            #"{"rows":[{"x":1,"s":"a"}],"prediction":[121]}"#,
            #"golden.json: row 0: feature "n": expected a value, found none"#
        ),
        Case(
            #"{"rows":[[1,2,"a"]],"prediction":["a"]}"#,
            #"golden.json: row 0: expected a number in "prediction""#
        ),
        Case(
            #"{"rows":[[1,2,"a"]],"probability":[0.5]}"#,
            #"golden.json: row 0: expected nothing for a model without probabilities in "probability""#
        ),
        Case(
            #"{"rows":[[1,2,"a"]],"prediction":[121]} x"#,
            "golden.json: expected nothing more, found 'x' at byte 40"
        ),
        Case(
            #"{"rows":[[1,2,"a"],[1,2,"a"],[1,2,"a"]],"prediction":[121,121.5,122],"tolerance":0.1}"#,
            "golden.json: row 1: expected prediction 121.5, found 121.0, tolerance 0.1; "
                + "2 of 3 rows differ, by up to 1.0"
        ),
    ]

    @Test(arguments: faults)
    func `refuses a version whose golden rows are faulty or answered otherwise`(it: Case) throws {
        let sample = try SampleRepository()
        try sample.publish("m/1", "kinds", golden: it.file)
        let error = #expect(throws: VersionFault.self) { try Self.load(sample) }
        #expect(error?.description == it.message)
    }

    @Test
    func `rows are objects or arrays, keys in any order`() throws {
        let sample = try SampleRepository()
        let golden =
            #"{"tolerance":0,"prediction":[121,243],"rows":[[1,2,"a"],{"s":7,"n":4,"x":3}]}"#
        try sample.publish("m/1", "kinds", golden: golden)
        let replay = try #require(try Self.load(sample).golden)
        #expect(replay.rows == 2 && replay.greatestDifference == 0 && replay.tolerance == 0)
    }

    @Test
    func `the flights models answer their golden rows`() throws {
        for version in ["1", "2"] {
            let path = Fixture.url("models/delay/\(version)").path
            let loaded = try VersionLoader.load(directory: path, model: "delay", version: version)
            let golden = try #require(loaded.golden)
            #expect(golden.rows == 20)
            #expect(golden.greatestDifference <= 1e-6)
            #expect(loaded.served.threshold == 0.5)
            #expect(loaded.served.logged == .probability(1))
            #expect(loaded.served.features.count == (version == "1" ? 10 : 12))
        }
    }

    @Test(arguments: [
        // The probability of the second class, both, or the label.
        (#""probability":[P]"#, true), (#""probability":[[Q,P]]"#, true),
        (#""probability":[Q]"#, false), (#""probability":[[P,Q]]"#, false),
        (#""prediction":[0]"#, true), (#""prediction":["0"]"#, true),
        (#""prediction":[1]"#, false), (#""prediction":[0],"probability":[Q]"#, false),
    ])
    func `of two classes the second's probability is meant`(answers: String, fits: Bool) throws {
        let sample = try SampleRepository()
        let row = try Self.firstFlight()
        let probability = 0.05582922697067261
        let text = answers.replacing("P", with: "\(probability)")
            .replacing("Q", with: "\(1 - probability)")
        try Self.copyDelay(to: sample, golden: #"{"rows":[\#(row)],\#(text)}"#)
        if fits {
            #expect(try Self.load(sample).golden?.rows == 1)
        } else {
            #expect(throws: VersionFault.self) { try Self.load(sample) }
        }
    }

    @Test
    func `an answer of another kind names what was expected`() throws {
        let sample = try SampleRepository()
        let row = try Self.firstFlight()
        try Self.copyDelay(to: sample, golden: #"{"rows":[\#(row)],"prediction":["late"]}"#)
        #expect(
            throws: VersionFault.golden(
                .unfitting(key: "prediction", row: 0, expected: "one of 0, 1")
            )
        ) {
            try Self.load(sample)
        }
        try sample.directory.write(
            #"{"rows":[\#(row)],"probability":[[0.1,0.2,0.7]]}"#,
            to: "models/m/1/golden.json"
        )
        let expected = "2 probabilities, one a class"
        #expect(
            throws: VersionFault.golden(.unfitting(key: "probability", row: 0, expected: expected))
        ) {
            try Self.load(sample)
        }
    }

    @Test
    func `the label of a graph's own rule is the one that golden rows are held against`() throws {
        let sample = try SampleRepository()
        let rows = #""rows":[[-0.5],[-1],[2]]"#
        try sample.publish("m/1", "own-rule", golden: #"{\#(rows),"prediction":[1,0,1]}"#)
        #expect(try Self.load(sample).golden?.rows == 3)
        let clusters = try SampleRepository()
        let answers = #"{"rows":[[1],[9],[30]],"prediction":[0,1,2]}"#
        try clusters.publish("m/1", "clusters", golden: answers)
        let loaded = try Self.load(clusters)
        #expect(loaded.golden?.rows == 3)
        #expect(loaded.served.logged == .label)
        try clusters.directory.write(
            #"{"rows":[[1]],"prediction":[2]}"#,
            to: "models/m/1/golden.json"
        )
        let error = #expect(throws: VersionFault.self) { try Self.load(clusters) }
        #expect(
            error?.description
                == "golden.json: row 0: expected prediction 2, found 0; 1 of 1 rows differ"
        )
    }

    @Test
    func `another label is told without a tolerance`() throws {
        let sample = try SampleRepository()
        let row = try Self.firstFlight()
        try Self.copyDelay(to: sample, golden: #"{"rows":[\#(row)],"prediction":[1]}"#)
        let error = #expect(throws: VersionFault.self) { try Self.load(sample) }
        #expect(
            error?.description
                == "golden.json: row 0: expected prediction 1, found 0; 1 of 1 rows differ"
        )
    }

    private static func firstFlight() throws -> String {
        let text = String(decoding: try Fixture.bytes("models/delay/1/golden.json"), as: UTF8.self)
        return String(text.split(separator: "\n")[1].dropLast())
    }

    private static func copyDelay(to sample: SampleRepository, golden: String) throws {
        try sample.publish("m/1", "constant-1", golden: golden)
        for name in ["model.onnx", "model.yaml"] {
            let bytes = Data(try Fixture.bytes("models/delay/1/\(name)"))
            try bytes.write(to: sample.directory.url.appending(path: "models/m/1/\(name)"))
        }
    }

    private static func load(_ sample: SampleRepository) throws -> LoadedVersion {
        try VersionLoader.load(
            directory: sample.directory.path("models/m/1"),
            model: "m",
            version: "1"
        )
    }
}
