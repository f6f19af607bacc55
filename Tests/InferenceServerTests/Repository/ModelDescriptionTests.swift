// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import InferenceServer
import TestSupport
import Testing

/// `model.yaml`, as a version that has it is loaded.
struct ModelDescriptionTests {
    /// A file beside the fixture `kinds`, and the messages of its faults.
    struct Case: CustomTestStringConvertible {
        let file: String
        let message: String

        init(_ file: String, _ messages: String...) {
            self.file = file
            message = messages.joined(separator: "\n")
        }

        var testDescription: String { message }
    }

    static let syntax: [Case] = [
        Case("treshold: 0.5", "model.yaml:1:1: treshold: unknown; did you mean threshold?"),
        Case("labels: {}", "model.yaml:1:1: labels: unknown"),
        Case(
            "output: {predicton: value}",
            "model.yaml:1:10: output.predicton: unknown; did you mean prediction?"
        ),
        Case(
            "inputs:\n  - {name: x, kind: float}",
            "model.yaml:2:21: inputs[0].kind: expected numeric or integer or categorical, found \"float\""
        ),
        Case(
            "inputs:\n  - {kind: numeric}",
            "model.yaml:2:5: inputs[0].name: missing; expected the name of a feature, 1 to 1024 bytes "
                + "long"
        ),
        Case(
            "inputs: [{name: x}, {name: x}]",
            "model.yaml:1:21: inputs[1].name: given twice, first at model.yaml:1:10"
        ),
        Case(
            "inputs: [{name: x, minimum: low}]",
            "model.yaml:1:29: inputs[0].minimum: expected a number, found \"low\""
        ),
        Case(
            "inputs: [{name: x, minimum: 2, maximum: 1}]",
            "model.yaml:1:10: inputs[0].maximum: expected a maximum of at least 2.0, found 1.0"
        ),
        Case(
            "inputs: [{name: s, kind: categorical, minimum: 0}]",
            "model.yaml:1:10: inputs[0]: expected no minimum or maximum for categories, found a mapping"
        ),
        Case(
            "inputs: [{name: x, kind: numeric, categories: [a]}]",
            "model.yaml:1:10: inputs[0]: expected no categories for numbers, found a mapping"
        ),
        Case(
            "inputs: [{name: s, categories: [a, a]}]",
            "model.yaml:1:36: inputs[0].categories[1]: given twice, first at model.yaml:1:33"
        ),
        Case(
            "threshold: 1.5",
            "model.yaml:1:12: threshold: expected a number above 0, at most 1, found \"1.5\""
        ),
        Case(
            "threshold: often\ndescription: [a]\ncolour: red",
            "model.yaml:1:12: threshold: expected a number above 0, at most 1, found \"often\"",
            "model.yaml:2:14: description: expected a text, 1 to 1024 bytes long, found a list of 1",
            "model.yaml:3:1: colour: unknown"
        ),
        Case("- x", "model.yaml:1:1: expected a mapping, found a list of 1"),
    ]

    static let content: [Case] = [
        Case(
            "threshold: 0.5",
            "model.yaml: threshold: expected a classifier of two classes, found a regressor"
        ),
        Case(
            "output: {prediction: label}",
            "model.yaml: output.prediction: expected value, of a regressor, found label"
        ),
        Case(
            "output: {class: a}",
            "model.yaml: output.class: only output.prediction: probability has a class"
        ),
        Case(
            "inputs: [{name: x}, {name: n}, {name: t}]",
            "model.yaml: inputs: expected 3 features, as many as the model has columns, found 3; "
                + "missing: s; not in the model: t"
        ),
        Case(
            "inputs: [{name: x}, {name: n}]",
            "model.yaml: inputs: expected 3 features, as many as the model has columns, found 2; "
                + "missing: s"
        ),
        Case(
            "inputs: [{name: x, kind: categorical}, {name: n}, {name: s}]",
            "model.yaml: inputs: feature \"x\" is categorical, but input \"x\" takes numeric values"
        ),
        Case(
            "inputs: [{name: x}, {name: n, kind: numeric}, {name: s}]",
            "model.yaml: inputs: feature \"n\" is numeric, but input \"n\" takes integer values"
        ),
        Case(
            "inputs: [{name: x}, {name: n}, {name: s, maximum: 1}]",
            "model.yaml: inputs: feature \"s\" is categorical and has no minimum or maximum"
        ),
        Case(
            "inputs: [{name: x, categories: [a]}, {name: n}, {name: s}]",
            "model.yaml: inputs: feature \"x\" takes numbers and has no categories"
        ),
    ]

    @Test(arguments: syntax + content)
    func `refuses what it does not know, with line, key and what was expected`(it: Case) throws {
        let sample = try SampleRepository()
        try sample.publish("m/1", "kinds", yaml: it.file)
        let error = #expect(throws: VersionFault.self) { try load(sample) }
        #expect(error?.description == it.message)
    }

    @Test(arguments: ["", "# nothing\n", "inputs:\noutput:\n"])
    func `says nothing where nothing is written`(file: String) throws {
        let sample = try SampleRepository()
        try sample.publish("m/1", "kinds", yaml: file)
        let served = try load(sample).served
        #expect(served.features.map(\.name) == ["x", "n", "s"])
        #expect(served.features.map(\.kind) == [.numeric, .integer, .categorical])
        #expect(served.logged == .value)
        #expect(served.threshold == nil && served.description == nil)
    }

    @Test
    func `everything that is written arrives`() throws {
        let sample = try SampleRepository()
        try sample.publish(
            "m/1",
            "kinds",
            yaml: """
                description: an example
                inputs:
                  - {name: s, kind: categorical, categories: [a, "7"]}
                  - {name: x, minimum: -1.5, maximum: 2e3}
                  - {name: n, kind: integer, minimum: 0}
                output: {prediction: value}
                """
        )
        let served = try load(sample).served
        #expect(
            served.features == [
                ServedFeature(
                    name: "s",
                    kind: .categorical,
                    categories: ["a", "7"],
                    input: 2,
                    column: 0
                ),
                ServedFeature(
                    name: "x",
                    kind: .numeric,
                    minimum: -1.5,
                    maximum: 2_000,
                    input: 0,
                    column: 0
                ),
                ServedFeature(name: "n", kind: .integer, minimum: 0, input: 1, column: 0),
            ]
        )
        #expect(served.description == "an example")
    }

    private func load(_ sample: SampleRepository) throws -> LoadedVersion {
        try VersionLoader.load(
            directory: sample.directory.path("models/m/1"),
            model: "m",
            version: "1"
        )
    }
}
