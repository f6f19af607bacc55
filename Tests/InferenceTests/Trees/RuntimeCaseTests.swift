// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Inference
import TestSupport
import Testing

/// An ensemble, rows, and the scores that ONNX Runtime gives them.
struct RuntimeCase: Decodable, Sendable, CustomTestStringConvertible {
    enum CodingKeys: String, CodingKey {
        case kind, element, transform, targets, aggregation, base, nodes, votes, rows, scores
    }

    /// A number as it stands in the file: null is NaN, the infinities are words.
    struct Number: Decodable, Sendable {
        let value: Double

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                value = .nan
            } else if let word = try? container.decode(String.self) {
                value = word == "inf" ? .infinity : -.infinity
            } else {
                value = try container.decode(Double.self)
            }
        }
    }

    let kind: TreeEnsemble.Kind
    let element: String
    let attributes: TreeEnsembleAttributes
    let rows: [[Double]]
    let scores: [[Double]]
    let testDescription: String

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        kind =
            try values.decode(String.self, forKey: .kind) == "classifier"
            ? .classifier : .regressor
        element = try values.decode(String.self, forKey: .element)
        rows = try values.decode([[Number]].self, forKey: .rows).map { $0.map(\.value) }
        scores = try values.decode([[Number]].self, forKey: .scores).map { $0.map(\.value) }
        var made = TreeEnsembleAttributes()
        let transform = try values.decode(String.self, forKey: .transform)
        made.postTransform = try #require(.init(rawValue: transform))
        let aggregation = try values.decode(String.self, forKey: .aggregation)
        made.aggregation = try #require(.init(rawValue: aggregation))
        made.targetCount = try values.decode(Int.self, forKey: .targets)
        made.baseValues = try values.decode([Double].self, forKey: .base).map(Self.asFloat)
        var nodes = try values.nestedUnkeyedContainer(forKey: .nodes)
        while !nodes.isAtEnd { try Self.readNode(&nodes, into: &made) }
        var votes = try values.nestedUnkeyedContainer(forKey: .votes)
        while !votes.isAtEnd {
            var vote = try votes.nestedUnkeyedContainer()
            made.voteTreeIDs.append(try vote.decode(Int64.self))
            made.voteNodeIDs.append(try vote.decode(Int64.self))
            made.voteTargetIDs.append(try vote.decode(Int64.self))
            made.voteWeights.append(Self.asFloat(try vote.decode(Double.self)))
        }
        attributes = made
        testDescription = """
            \(kind) of \(element), \(aggregation), \(transform), \(made.targetCount) targets, \
            base \(made.baseValues), classes \(Set(made.voteTargetIDs).sorted())
            """
    }

    private static func readNode(
        _ nodes: inout some UnkeyedDecodingContainer,
        into made: inout TreeEnsembleAttributes
    ) throws {
        var node = try nodes.nestedUnkeyedContainer()
        let (tree, id) = (try node.decode(Int64.self), try node.decode(Int64.self))
        guard !node.isAtEnd else { return made.addLeaf(tree: tree, id) }
        made.addBranch(
            tree: tree,
            id,
            try node.decode(String.self),
            feature: try node.decode(Int64.self),
            try node.decode(Double.self),
            true: try node.decode(Int64.self),
            false: try node.decode(Int64.self),
            missingTracksTrue: try node.decode(Int.self) == 1
        )
    }

    /// The attributes of the graph are floats, and so the same number as everywhere else.
    private static func asFloat(_ value: Double) -> Double { Double(Float(value)) }

    static let all: [Self] = {
        do {
            let bytes = try Fixture.bytes("trees/cases.json")
            return try JSONDecoder().decode([Self].self, from: Data(bytes))
        } catch {
            Issue.record(error)
            return []
        }
    }()
}

struct RuntimeCaseTests {
    @Test(arguments: RuntimeCase.all)
    func `scores are those of ONNX Runtime`(_ example: RuntimeCase) throws {
        let ensemble = try TreeEnsemble(example.attributes, as: example.kind)
        let found =
            example.element == "double"
            ? ensemble.scores(of: example.rows)
            : ensemble.scores(of: example.rows.map { $0.map(Float.init) })
        #expect(example.rows.count == 7)
        // Floats lose up to that in the approximation that ONNX Runtime has of this transform.
        let tolerance = example.attributes.postTransform == .probit ? 2e-5 : 1e-6
        for (row, expected) in zip(found, example.scores) {
            let agree = zip(row, expected).allSatisfy { isSame($0, $1, tolerance) }
            #expect(agree && row.count == expected.count, "\(found), not \(example.scores)")
        }
    }

    private func isSame(_ found: Float, _ expected: Double, _ tolerance: Double) -> Bool {
        if expected.isNaN { return found.isNaN }
        if expected.isInfinite { return Double(found) == expected }
        return abs(Double(found) - expected) <= tolerance
    }

    @Test
    func `the file has its cases`() {
        #expect(RuntimeCase.all.count == 342)
    }
}
