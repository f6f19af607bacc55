// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Inference
import TestSupport
import Testing

/// Models of the libraries that people use, against those libraries' own answers.
@Suite
struct ConformanceTests {
    /// An entry of `onnx/cases.json`.
    struct Case: Decodable, CustomTestStringConvertible {
        var name: String
        var inputs: [[[Cell]]]
        var library: Answers
        var onnx: [String: [Answer]]
        var note: String?

        var testDescription: String { name }
    }

    /// A value of an input: a number, a text, or null for NaN.
    enum Cell: Decodable {
        case number(Double)
        case text(String)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .number(.nan)
            } else if let text = try? container.decode(String.self) {
                self = .text(text)
            } else {
                self = .number(try container.decode(Double.self))
            }
        }
    }

    /// The library's answer: a number a row, or a list of them.
    enum Answers: Decodable {
        case values([Double])
        case rows([[Double]])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let rows = try? container.decode([[Double]].self) {
                self = .rows(rows)
            } else {
                self = .values(try container.decode([Double].self))
            }
        }

        var flat: [Double] {
            switch self {
            case .values(let values): values
            case .rows(let rows): rows.flatMap { $0 }
            }
        }
    }

    /// A row of an output of ONNX Runtime: a label, a row of numbers, or a map from labels.
    enum Answer: Decodable {
        case label(String)
        case numbers([Double])
        case map([String: Double])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let numbers = try? container.decode([Double].self) {
                self = .numbers(numbers)
            } else if let map = try? container.decode([String: Double].self) {
                self = .map(map)
            } else if let label = try? container.decode(Int.self) {
                self = .label("\(label)")
            } else {
                self = .label(try container.decode(String.self))
            }
        }
    }

    static let cases = Result {
        try JSONDecoder().decode([Case].self, from: Data(Fixture.bytes("onnx/cases.json")))
    }

    static var allCases: [Case] { (try? cases.get()) ?? [] }

    @Test
    func `all cases are there`() throws {
        #expect(try Self.cases.get().count == 32)
    }

    @Test(arguments: allCases)
    func `answers as the library and ONNX Runtime do`(_ expected: Case) throws {
        let model = try Model.fixture("onnx/\(expected.name).onnx")
        var workspace = Workspace(for: model)
        #expect(model.inputs.count == expected.inputs.count)
        for (index, rows) in expected.inputs.enumerated() {
            workspace.inputs[index].fill(rows.flatMap { $0 })
        }
        try model.run(rows: expected.inputs[0].count, in: &workspace)

        let library = expected.library.flat
        switch model.purpose {
        case .regressor(let value):
            #expect(Self.distance(workspace.outputs[value].numbers, library) <= 1e-6)
        case .classifier(let label, let probabilities, let classes):
            let found = workspace.outputs[probabilities].numbers
            // A note says that the conversion itself lost something: then the graph decides.
            if expected.note == nil { #expect(Self.distance(found, library) <= 1e-6) }
            let runtime = try #require(expected.onnx[model.outputs[probabilities].name])
            #expect(Self.distance(found, runtime.flatMap { $0.numbers(classes) }) <= 1e-6)
            let place = try #require(label)
            let labels = try #require(expected.onnx[model.outputs[place].name])
            #expect(workspace.outputs[place].texts == labels.map(\.text))
            #expect(workspace.outputs[place].texts == Self.argmax(found, classes))
        case .labeller, .transformer: Issue.record("no purpose was found")
        }
    }

    /// The label of the greatest number of each row, the first of equal ones.
    static func argmax(_ numbers: [Double], _ classes: [ClassLabel]) -> [String] {
        stride(from: 0, to: numbers.count, by: classes.count).map { start in
            let row = numbers[start..<start + classes.count]
            let best = row.indices.reduce(start) { row[$1] > row[$0] ? $1 : $0 }
            return classes[best - start].text
        }
    }

    /// The largest difference of two lists; infinite where their lengths differ.
    static func distance(_ found: [Double], _ expected: [Double]) -> Double {
        guard found.count == expected.count else { return .infinity }
        return zip(found, expected).reduce(0) { worst, pair in
            let difference = abs(pair.0 - pair.1)
            return difference.isNaN ? .infinity : max(worst, difference)
        }
    }
}

extension ConformanceTests.Answer {
    fileprivate func numbers(_ classes: [ClassLabel]) -> [Double] {
        switch self {
        case .label: []
        case .numbers(let numbers): numbers
        case .map(let map): classes.map { map[$0.text] ?? .nan }
        }
    }

    fileprivate var text: String {
        if case .label(let text) = self { text } else { "" }
    }
}

extension ClassLabel {
    var text: String {
        switch self {
        case .integer(let number): "\(number)"
        case .text(let text): text
        }
    }
}
