// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Inference
import TestSupport
import Testing

struct WalkTests {
    @Test(arguments: BranchWorld.modes, [false, true])
    func `one branch goes where the standard says`(_ mode: String, _ missing: Bool) throws {
        for threshold in BranchWorld.doubleEdges {
            let attributes = TreeEnsembleAttributes.stump(
                mode,
                threshold,
                missingTracksTrue: missing
            )
            let ensemble = try TreeEnsemble(attributes, as: .regressor)
            let naive = NaiveEnsemble(attributes)
            for row in BranchWorld.edges.map({ [$0] }) {
                let expected = naive.aggregates(of: row).map { Float($0) }
                #expect(ensemble.scores(of: [row]) == [expected], "\(row), \(threshold)")
            }
            for row in BranchWorld.doubleEdges.map({ [$0] }) {
                let expected = naive.aggregates(of: row).map { Float($0) }
                #expect(ensemble.scores(of: [row]) == [expected], "\(row), \(threshold)")
            }
        }
    }

    @Test(arguments: BranchWorld.modes, BranchWorld.modes)
    func `all trees of two levels go where the standard says`(
        _ upper: String,
        _ lower: String
    ) throws {
        for (threshold, flags) in [(0.0, 0), (0.0, 5), (1.0, 3), (1.0, 6)] {
            var attributes = TreeEnsembleAttributes()
            for (id, mode) in [(0, upper), (1, lower), (2, lower)] as [(Int64, String)] {
                attributes.addBranch(
                    id,
                    mode,
                    feature: id % 2,
                    id == 2 ? 1 : threshold,
                    true: 2 * id + 1,
                    false: 2 * id + 2,
                    missingTracksTrue: flags >> Int(id) & 1 == 1
                )
            }
            for id in 3...6 as ClosedRange<Int64> { attributes.addLeaf(id, [0: Double(id)]) }
            let ensemble = try TreeEnsemble(attributes, as: .regressor)
            let naive = NaiveEnsemble(attributes)
            let rows = BranchWorld.edges.flatMap { one in BranchWorld.edges.map { [one, $0] } }
            let expected = rows.map { naive.aggregates(of: $0).map { Float($0) } }
            #expect(ensemble.scores(of: rows) == expected)
        }
    }

    @Test(arguments: 0..<120)
    func `scores are the sums of the votes, bit for bit`(_ seed: UInt64) throws {
        var world = RandomEnsemble(seed: seed)
        let attributes = world.attributes()
        let ensemble = try TreeEnsemble(attributes, as: .regressor)
        let naive = NaiveEnsemble(attributes)
        let rows = world.rows(19)
        let doubles = ensemble.scores(of: rows)
        #expect(doubles == rows.map { Self.plain(naive.aggregates(of: $0)) })
        let narrowed = rows.map { $0.map { Float($0) } }
        let floats = ensemble.scores(of: narrowed)
        #expect(floats == narrowed.map { Self.plain(naive.aggregates(of: $0)) })
    }

    @Test(arguments: 0..<40)
    func `a row alone scores as it does among others`(_ seed: UInt64) throws {
        var world = RandomEnsemble(seed: 1_000 + seed)
        var attributes = world.attributes()
        attributes.postTransform = .softmax
        let ensemble = try TreeEnsemble(attributes, as: .regressor)
        let rows = world.rows(139)
        let narrowed = rows.map { $0.map { Float($0) } }
        for count in [1, 7, 8, 9, 27, 64, 72, 139] {
            let together = ensemble.scores(of: Array(rows.prefix(count)))
            #expect(together == rows.prefix(count).flatMap { ensemble.scores(of: [$0]) })
            let floats = ensemble.scores(of: Array(narrowed.prefix(count)))
            #expect(floats == narrowed.prefix(count).flatMap { ensemble.scores(of: [$0]) })
        }
    }

    @Test
    func `a scratch serves one ensemble after the other`() throws {
        var scratch = TreeScratch()
        for seed in 0..<30 as Range<UInt64> {
            var world = RandomEnsemble(seed: 2_000 + seed)
            let ensemble = try TreeEnsemble(world.attributes(), as: .regressor)
            // Blocks of one group and of many, larger and smaller than the one before.
            let rows = world.rows([70, 1, 9, 16][Int(seed % 4)])
            let input = rows.flatMap(\.self)
            var output = [Float](repeating: .nan, count: rows.count * ensemble.outputWidth)
            var span = output.mutableSpan
            ensemble.scores(
                input.span,
                rows: rows.count,
                stride: RandomEnsemble.features,
                into: &span,
                using: &scratch
            )
            #expect(output == ensemble.scores(of: rows).flatMap(\.self))
        }
    }

    @Test
    func `only the features of a row are read, wherever rows begin`() throws {
        let ensemble = try TreeEnsemble(.stump("BRANCH_LEQ", 0), as: .regressor)
        #expect(ensemble.featureCount == 1)
        let input: [Float] = [1, .nan, .nan, -1, .nan, .nan, 1]
        var output: [Float] = [0, 0, 0]
        var span = output.mutableSpan
        ensemble.scores(input.span, rows: 3, stride: 3, into: &span)
        #expect(output == [-1, 1, -1])
        #expect(ensemble.scores(of: [] as [[Float]]).isEmpty)
    }

    /// One target shows its sum; of several, those without votes show 0.
    private static func plain(_ aggregates: [Double]) -> [Float] {
        aggregates.map { $0.isNaN ? 0 : Float($0) }
    }
}
