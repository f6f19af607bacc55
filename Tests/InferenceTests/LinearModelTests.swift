// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Inference
import TestSupport
import Testing

/// Linear models of all widths that the dot product has a way of its own for.
@Suite
struct LinearModelTests {
    private static func classifier(
        _ coefficients: [Float],
        _ intercepts: [Float],
        width: Int
    ) throws -> Model {
        try Model(
            bytes: GraphBuilder.file { graph in
                graph.input("x", [nil, Int64(width)])
                graph.node(
                    "LinearClassifier",
                    ["x"],
                    ["label", "p"],
                    domain: "ai.onnx.ml",
                    [
                        "classlabels_ints": .integers([10, 20]),
                        "coefficients": .floats(coefficients),
                        "intercepts": .floats(intercepts),
                        "post_transform": .text("LOGISTIC"),
                    ]
                )
                graph.output("label", GraphBuilder.int64)
                graph.output("p")
            }
        )
    }

    private static func logistic(_ score: Double) -> Double { 1 / (1 + exp(-score)) }

    /// With `isMirrored` the first row of coefficients is the negative of the second.
    @Test(arguments: 1...21, [true, false])
    func `each class has the logistic function of its score`(
        _ width: Int,
        _ isMirrored: Bool
    ) throws {
        var random = SeededGenerator(seed: UInt64(width))
        func numbers(_ count: Int) -> [Float] {
            (0..<count).map { _ in Float.random(in: -1...1, using: &random) }
        }
        let second = numbers(width)
        let first = isMirrored ? second.map { -$0 } : numbers(width)
        let intercepts: [Float] = isMirrored ? [-0.25, 0.25] : [0.5, -1]
        let model = try Self.classifier(first + second, intercepts, width: width)
        var workspace = Workspace(for: model)
        let rows = 9
        let input = numbers(rows * width)
        workspace.inputs[0].floats = input
        try model.run(rows: rows, in: &workspace)
        for row in 0..<rows {
            let features = input[row * width..<(row + 1) * width]
            for (place, weights) in [first, second].enumerated() {
                let score = zip(features, weights).reduce(Double(intercepts[place])) {
                    $0 + Double($1.0) * Double($1.1)
                }
                let found = Double(workspace.outputs[1].floats[2 * row + place])
                #expect(abs(found - Self.logistic(score)) < 1e-7)
            }
            let pair = workspace.outputs[1].floats[2 * row..<2 * row + 2]
            #expect(workspace.outputs[0].integers[row] == (pair.first == pair.max() ? 10 : 20))
        }
    }

    @Test
    func `scores without bound are certain, and NaN stays`() throws {
        let model = try Self.classifier([-1, 1], [0, 0], width: 1)
        var workspace = Workspace(for: model)
        let scores: [Float] = [.infinity, -.infinity, 1_000, -1_000, 95, -95, 0, .nan]
        workspace.inputs[0].floats = scores
        try model.run(rows: scores.count, in: &workspace)
        let found = workspace.outputs[1].floats
        let certain: [Float] = [0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0.5, 0.5]
        #expect(zip(found, certain).allSatisfy { abs($0 - $1) < 1e-37 })
        #expect(found.suffix(2).allSatisfy { $0.isNaN })
    }
}
