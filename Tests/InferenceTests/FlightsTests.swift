// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Inference
import TestSupport
import Testing

/// The models of the flights example against LightGBM's and scikit-learn's conversions.
@Suite
struct FlightsTests {
    /// `flights/expected-predictions.json`.
    private struct Expected: Decodable {
        var rows: [[Double?]]
        var carrier: [String]
        var origin: [String]
        var v1_probability: [Double]
        var v2_probability: [Double]
    }

    private static let expected = Result {
        try JSONDecoder().decode(
            Expected.self,
            from: Data(Fixture.bytes("flights/expected-predictions.json"))
        )
    }

    @Test
    func `predicts delays as version 1 does, from one matrix`() throws {
        let expected = try Self.expected.get()
        let model = try Model.fixture("models/delay/1/model.onnx")
        var workspace = Workspace(for: model)
        workspace.inputs[0].floats = expected.rows.flatMap { $0.map { Float($0 ?? .nan) } }
        try model.run(rows: expected.rows.count, in: &workspace)
        #expect(try Self.distance(model, workspace, expected.v1_probability) <= 1e-6)
    }

    @Test
    func `predicts delays as version 2 does, from one input a column`() throws {
        let expected = try Self.expected.get()
        let model = try Model.fixture("models/delay/2/model.onnx")
        var workspace = Workspace(for: model)
        for column in 0..<10 {
            workspace.inputs[column].floats = expected.rows.map { Float($0[column] ?? .nan) }
        }
        workspace.inputs[10].strings = expected.carrier
        workspace.inputs[11].strings = expected.origin
        try model.run(rows: expected.rows.count, in: &workspace)
        #expect(try Self.distance(model, workspace, expected.v2_probability) <= 1e-6)
    }

    @Test
    func `gives the same answers one row at a time`() throws {
        let expected = try Self.expected.get()
        let model = try Model.fixture("models/delay/1/model.onnx")
        var workspace = Workspace(for: model)
        for (row, probability) in zip(expected.rows, expected.v1_probability) {
            workspace.inputs[0].floats = row.map { Float($0 ?? .nan) }
            try model.run(rows: 1, in: &workspace)
            #expect(try Self.distance(model, workspace, [probability]) <= 1e-6)
        }
    }

    /// The largest difference of the second class's probabilities.
    private static func distance(
        _ model: Model,
        _ workspace: Workspace,
        _ expected: [Double]
    ) throws -> Double {
        guard case .classifier(_, let probabilities, let classes) = model.purpose else {
            Issue.record("no classifier")
            return .infinity
        }
        #expect(classes == [.integer(0), .integer(1)])
        let found = workspace.outputs[probabilities].numbers
        let second = found.indices.filter { $0 % 2 == 1 }.map { found[$0] }
        return ConformanceTests.distance(second, expected)
    }
}
