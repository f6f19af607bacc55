// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Inference
import TestSupport
import Testing

/// Trees that converters do not make, or rarely.
struct UnusualTreesTests {
    @Test(arguments: [false, true])
    func `a chain of 100,000 branches loads and runs`(_ endsInEquality: Bool) throws {
        let length: Int64 = 100_000
        var attributes = TreeEnsembleAttributes()
        for id in 0..<length {
            let mode = endsInEquality && id % 2 == 0 ? "BRANCH_EQ" : "BRANCH_LEQ"
            attributes.addBranch(
                2 * id,
                mode,
                feature: id % 3,
                Double(id),
                true: 2 * id + 1,
                false: 2 * id + 2
            )
            attributes.addLeaf(2 * id + 1, [0: Double(id)])
        }
        attributes.addLeaf(2 * length, [0: -1])
        let ensemble = try TreeEnsemble(attributes, as: .regressor)
        #expect(ensemble.nodeCount == 200_001)
        let naive = NaiveEnsemble(attributes)
        let rows: [[Float]] = [
            [0, 0, 0], [1e6, 1e6, 1e6], [99_999, 5e5, 5e5], [5e5, 40_000, 5e5], [.nan, .nan, .nan],
        ]
        #expect(
            ensemble.scores(of: rows) == rows.map { naive.aggregates(of: $0).map { Float($0) } }
        )
    }

    @Test(arguments: UInt64(1)...8)
    func `branches may share their children`(seed: UInt64) throws {
        // Every branch leads to later nodes only, so most of them are shared and none is in a loop.
        var random = SeededGenerator(seed: seed)
        let branches: Int64 = 40
        let nodes: Int64 = 50
        var attributes = TreeEnsembleAttributes()
        for id in 0..<branches {
            attributes.addBranch(
                id,
                ["BRANCH_EQ", "BRANCH_LEQ", "BRANCH_NEQ"][Int.random(in: 0..<3, using: &random)],
                feature: Int64.random(in: 0..<3, using: &random),
                Double(Int.random(in: 0..<6, using: &random)),
                true: Int64.random(in: id + 1..<min(id + 6, nodes), using: &random),
                false: Int64.random(in: id + 1..<min(id + 6, nodes), using: &random),
                missingTracksTrue: Bool.random(using: &random)
            )
        }
        for id in branches..<nodes {
            attributes.addLeaf(id, seed % 2 == 0 ? [0: Double(id)] : [0: Double(id), 0: 1])
        }
        let ensemble = try TreeEnsemble(attributes, as: .regressor)
        let naive = NaiveEnsemble(attributes)
        let values = (-1...6).map { Float($0) } + [.nan]
        let rows = values.flatMap { x in
            values.flatMap { y in values.map { z in [x, y, z] } }
        }
        #expect(
            ensemble.scores(of: rows) == rows.map { naive.aggregates(of: $0).map { Float($0) } }
        )
    }

    @Test
    func `sharing costs no nodes`() throws {
        // Told apart these would be 2^60 ways.
        var attributes = TreeEnsembleAttributes()
        for id in 0..<60 as Range<Int64> {
            let next = id + 1
            attributes.addBranch(id, "BRANCH_EQ", feature: 0, Double(id), true: next, false: next)
        }
        attributes.addLeaf(60, [0: 7])
        let ensemble = try TreeEnsemble(attributes, as: .regressor)
        #expect(ensemble.scores(of: [[3 as Float], [.nan]]) == [[7], [7]])
    }

    @Test
    func `hundreds of thousands of nodes load in linear time, in any order`() throws {
        // To look each child up in a list would take minutes.
        var attributes = TreeEnsembleAttributes()
        let depth = 17
        let branches = Int64(1) << depth - 1
        for id in (0..<branches) {
            attributes.addBranch(
                id,
                "BRANCH_LT",
                feature: id % 7,
                Double(id % 11),
                true: 2 * id + 1,
                false: 2 * id + 2
            )
        }
        for id in (branches...2 * branches).reversed() {
            attributes.addLeaf(id, [0: Double(id % 1_000)])
        }
        let ensemble = try TreeEnsemble(attributes, as: .regressor)
        #expect(ensemble.nodeCount == 1 << 18 - 1)
        var random = SeededGenerator(seed: 11)
        let naive = NaiveEnsemble(attributes)
        let rows = (0..<9).map { _ in
            (0..<7).map { _ in Float(Int.random(in: -1...11, using: &random)) }
        }
        #expect(
            ensemble.scores(of: rows) == rows.map { naive.aggregates(of: $0).map { Float($0) } }
        )
    }

    @Test
    func `ids may be far apart and negative, and trees take turns`() throws {
        var attributes = TreeEnsembleAttributes()
        let trees: [Int64] = [.max, -3, .min]
        let ids: [Int64] = [.max, 0, .min]
        for tree in trees {
            attributes.addBranch(
                tree: tree,
                ids[0],
                "BRANCH_LEQ",
                feature: 0,
                Double(tree.signum()),
                true: ids[1],
                false: ids[2]
            )
        }
        for tree in trees {
            attributes.addLeaf(tree: tree, ids[1], [0: 1])
            attributes.addLeaf(tree: tree, ids[2], [0: 10])
        }
        let ensemble = try TreeEnsemble(attributes, as: .regressor)
        #expect(ensemble.treeCount == 3)
        #expect(ensemble.scores(of: [[-1], [0], [2]] as [[Float]]) == [[3], [21], [30]])
    }

    @Test
    func `as many features as a model may have`() throws {
        var attributes = TreeEnsembleAttributes()
        // More columns than narrow nodes tell apart.
        for tree in 0..<9_000 as Range<Int64> {
            attributes.addBranch(
                tree: tree,
                0,
                "BRANCH_GT",
                feature: tree * 116,
                0.5,
                true: 1,
                false: 2
            )
            attributes.addLeaf(tree: tree, 1, [0: Double(tree)])
            attributes.addLeaf(tree: tree, 2, [0: 0])
        }
        // The root of tree 1.
        attributes.featureIDs[3] = 1 << 20
        let ensemble = try TreeEnsemble(attributes, as: .regressor)
        #expect(ensemble.featureCount == 1 << 20 + 1)
        var row = [Float](repeating: 0, count: ensemble.featureCount)
        row[1 << 20] = 1
        row[8_999 * 116] = 1
        row[5] = 1
        #expect(ensemble.scores(of: [row]) == [[1 + 8_999]])
        let nine = Array(repeating: row, count: 9)
        #expect(ensemble.scores(of: nine) == Array(repeating: [1 + 8_999], count: 9))
    }

    @Test
    func `leaves without votes, votes of branches, nodes that no walk reaches`() throws {
        var attributes = TreeEnsembleAttributes.stump("BRANCH_LEQ", 0)
        attributes.addLeaf(tree: 1, 0)
        attributes.addVote(tree: 0, 0, for: 0, 100)
        attributes.addLeaf(tree: 0, 3, [0: 100])
        let ensemble = try TreeEnsemble(attributes, as: .regressor)
        #expect(ensemble.scores(of: [[-1], [1]] as [[Float]]) == [[1], [-1]])
    }

    @Test
    func `several votes of a leaf for one target add up`() throws {
        var attributes = TreeEnsembleAttributes()
        attributes.addLeaf(0, [0: 1, 0: 2])
        let ensemble = try TreeEnsemble(attributes, as: .regressor)
        #expect(ensemble.scores(of: [[0]] as [[Float]]) == [[3]])
        #expect(ensemble.featureCount == 0)
    }

    @Test
    func `a weight that no float is stays a double`() throws {
        var attributes = TreeEnsembleAttributes()
        attributes.addLeaf(tree: 0, 0, [0: 1 + 0x1p-40])
        attributes.addLeaf(tree: 1, 0, [0: -1])
        let ensemble = try TreeEnsemble(attributes, as: .regressor)
        #expect(ensemble.scores(of: [[0]] as [[Float]]) == [[0x1p-40]])
    }

    @Test
    func `infinite and undefined weights count as they are`() throws {
        for weight in [Double.infinity, -.infinity, .nan] {
            var attributes = TreeEnsembleAttributes()
            attributes.addLeaf(tree: 0, 0, [0: weight])
            attributes.addLeaf(tree: 1, 0, [0: 1])
            let ensemble = try TreeEnsemble(attributes, as: .regressor)
            let score = ensemble.scores(of: [[0]] as [[Float]])[0][0]
            #expect(weight.isNaN ? score.isNaN : Double(score) == weight)
        }
    }
}
