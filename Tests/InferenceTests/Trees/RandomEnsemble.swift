// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Inference
import TestSupport

/// What branches compare, and with what.
enum BranchWorld {
    static let modes = [
        "BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ",
    ]

    /// Floats at which something changes, and their neighbours.
    static let edges: [Float] = [
        0, -0.0, 1, -1, 0.1, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
        .greatestFiniteMagnitude,
        -.greatestFiniteMagnitude, .infinity, -.infinity, .nan, Float(1).nextUp, Float(1).nextDown,
    ]

    /// The same among doubles, and doubles that no float is.
    static let doubleEdges: [Double] =
        edges.flatMap { [Double($0), Double($0).nextUp, Double($0).nextDown] } + [
            0.1, 1e300, -1e300,
        ]
}

/// Small random ensembles of all modes, and rows at and beside their thresholds.
struct RandomEnsemble {
    static let features = 4
    private var random: SeededGenerator
    private var thresholds: [Double]

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        thresholds = BranchWorld.edges.filter { !$0.isNaN }.map(Double.init)
        // Every second one needs doubles.
        if seed % 2 == 1 { thresholds += [0.1, 1e-300, Double(Float(0.3)).nextUp] }
    }

    mutating func attributes() -> TreeEnsembleAttributes {
        var attributes = TreeEnsembleAttributes()
        attributes.targetCount = Int.random(in: 1...3, using: &random)
        attributes.aggregation =
            [.sum, .sum, .average, .minimum, .maximum].randomElement(using: &random) ?? .sum
        let style = Int.random(in: 0..<3, using: &random)
        for tree in 0..<Int64.random(in: 1...20, using: &random) {
            var next: Int64 = 0
            grow(tree: tree, depth: 0, &next, style: style, &attributes)
        }
        return attributes
    }

    mutating func rows(_ count: Int) -> [[Double]] {
        (0..<count).map { _ in
            (0..<Self.features).map { _ in
                let value = thresholds.randomElement(using: &random) ?? 0
                return switch Int.random(in: 0..<6, using: &random) {
                case 0: value.nextUp
                case 1: value.nextDown
                case 2: .nan
                case 3: Double.random(in: -2...2, using: &random)
                default: value
                }
            }
        }
    }

    @discardableResult
    private mutating func grow(
        tree: Int64,
        depth: Int,
        _ next: inout Int64,
        style: Int,
        _ attributes: inout TreeEnsembleAttributes
    ) -> Int64 {
        let id = next
        next += 1
        // Some trees are deep enough for a walk to end before its depth.
        let isLeaf = depth > 0 && Int.random(in: 0..<20, using: &random) < 4 + depth
        guard !isLeaf, depth < 14 else {
            attributes.addLeaf(tree: tree, id)
            let targets = Int64(attributes.targetCount)
            let voted: [Int64] =
                switch style {
                case 0: [tree % targets]
                case 1: [targets - 1]
                default: (0..<targets).filter { _ in Bool.random(using: &random) }
                }
            for target in voted {
                let weight = Float.random(in: -1...1, using: &random)
                attributes.addVote(tree: tree, id, for: target, Double(weight))
            }
            return id
        }
        let position = attributes.treeIDs.count
        attributes.addBranch(
            tree: tree,
            id,
            BranchWorld.modes.randomElement(using: &random) ?? "",
            feature: Int64.random(in: 0..<Int64(Self.features), using: &random),
            thresholds.randomElement(using: &random) ?? 0,
            true: 0,
            false: 0,
            missingTracksTrue: Bool.random(using: &random)
        )
        let whenTrue = grow(tree: tree, depth: depth + 1, &next, style: style, &attributes)
        let whenFalse = grow(tree: tree, depth: depth + 1, &next, style: style, &attributes)
        attributes.trueNodeIDs[position] = whenTrue
        attributes.falseNodeIDs[position] = whenFalse
        return id
    }
}
