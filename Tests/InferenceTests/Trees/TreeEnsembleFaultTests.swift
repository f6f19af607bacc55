// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Inference
import TestSupport
import Testing

struct TreeEnsembleFaultTests {
    typealias Change = @Sendable (inout TreeEnsembleAttributes) -> Void

    /// A way to spoil a stump with three nodes and two votes, and what is said of it.
    struct Spoiling: Sendable, CustomTestStringConvertible {
        let fault: TreeEnsembleFault
        let sentence: String
        let change: Change
        var testDescription: String { sentence }

        init(_ fault: TreeEnsembleFault, _ sentence: String, _ change: @escaping Change) {
            (self.fault, self.sentence, self.change) = (fault, sentence, change)
        }
    }

    static let lengths: [Spoiling] = [
        Spoiling(
            .lengthsDiffer(array: "nodeids", found: 2, expected: 3),
            "nodeids has 2 elements, expected 3"
        ) { $0.nodeIDs.removeLast() },
        Spoiling(
            .lengthsDiffer(array: "featureids", found: 4, expected: 3),
            "featureids has 4 elements, expected 3"
        ) { $0.featureIDs.append(0) },
        Spoiling(
            .lengthsDiffer(array: "modes", found: 2, expected: 3),
            "modes has 2 elements, expected 3"
        ) { $0.modes.removeLast() },
        Spoiling(
            .lengthsDiffer(array: "values", found: 2, expected: 3),
            "values has 2 elements, expected 3"
        ) { $0.thresholds.removeLast() },
        Spoiling(
            .lengthsDiffer(array: "truenodeids", found: 2, expected: 3),
            "truenodeids has 2 elements, expected 3"
        ) { $0.trueNodeIDs.removeLast() },
        Spoiling(
            .lengthsDiffer(array: "falsenodeids", found: 2, expected: 3),
            "falsenodeids has 2 elements, expected 3"
        ) { $0.falseNodeIDs.removeLast() },
        Spoiling(
            .lengthsDiffer(array: "missing_value_tracks_true", found: 2, expected: 3),
            "missing_value_tracks_true has 2 elements, expected 3"
        ) { $0.missingTracksTrue.removeLast() },
        Spoiling(
            .lengthsDiffer(array: "vote nodeids", found: 1, expected: 2),
            "vote nodeids has 1 elements, expected 2"
        ) { $0.voteNodeIDs.removeLast() },
        Spoiling(
            .lengthsDiffer(array: "vote ids", found: 1, expected: 2),
            "vote ids has 1 elements, expected 2"
        ) { $0.voteTargetIDs.removeLast() },
        Spoiling(
            .lengthsDiffer(array: "vote weights", found: 3, expected: 2),
            "vote weights has 3 elements, expected 2"
        ) { $0.voteWeights.append(0) },
    ]

    static let nodes: [Spoiling] = [
        Spoiling(.empty, "the ensemble has no nodes, expected at least one") {
            $0 = TreeEnsembleAttributes()
        },
        Spoiling(.duplicateNode(tree: 0, node: 1), "tree 0 has two nodes with the id 1") {
            $0.nodeIDs[2] = 1
        },
        Spoiling(
            .duplicateNode(tree: 0, node: .max),
            "tree 0 has two nodes with the id 9223372036854775807"
        ) { $0.nodeIDs = [.min, .max, .max] },
        Spoiling(
            .unknownMode(tree: 0, node: 0, mode: "BRANCH_MEMBER"),
            "node 0 of tree 0 has the unknown mode \"BRANCH_MEMBER\""
        ) { $0.modes[0] = "BRANCH_MEMBER" },
        Spoiling(
            .missingChild(tree: 0, node: 0, child: 7),
            "node 0 of tree 0 branches to node 7, which the tree does not have"
        ) { $0.trueNodeIDs[0] = 7 },
        Spoiling(
            .missingChild(tree: 0, node: 0, child: -1),
            "node 0 of tree 0 branches to node -1, which the tree does not have"
        ) { $0.falseNodeIDs[0] = -1 },
        Spoiling(
            .loop(tree: 0, node: 0),
            "node 0 of tree 0 lies in or behind a loop, expected a tree"
        ) { $0.trueNodeIDs[0] = 0 },
        Spoiling(
            .feature(tree: 0, node: 0, found: -1, limit: 1 << 20),
            "node 0 of tree 0 tests feature -1, expected 0 to 1048576"
        ) { $0.featureIDs[0] = -1 },
        Spoiling(
            .feature(tree: 0, node: 0, found: 1 << 20 + 1, limit: 1 << 20),
            "node 0 of tree 0 tests feature 1048577, expected 0 to 1048576"
        ) { $0.featureIDs[0] = 1 << 20 + 1 },
    ]

    static let votes: [Spoiling] = [
        Spoiling(
            .voteOfMissingNode(tree: 0, node: 3),
            "a vote belongs to node 3 of tree 0, which does not exist"
        ) { $0.voteNodeIDs[1] = 3 },
        Spoiling(
            .voteOfMissingNode(tree: 1, node: 1),
            "a vote belongs to node 1 of tree 1, which does not exist"
        ) { $0.voteTreeIDs[0] = 1 },
        Spoiling(
            .voteForMissingTarget(tree: 0, node: 2, target: 1, targets: 1),
            "node 2 of tree 0 votes for target or class 1, expected 0 to 0"
        ) { $0.voteTargetIDs[1] = 1 },
        Spoiling(
            .voteForMissingTarget(tree: 0, node: 1, target: -1, targets: 1),
            "node 1 of tree 0 votes for target or class -1, expected 0 to 0"
        ) { $0.voteTargetIDs[0] = -1 },
        Spoiling(
            .baseValues(found: 2, targets: 1),
            "base_values has 2 elements, expected none or 1"
        ) { $0.baseValues = [1, 2] },
        Spoiling(
            .targetCount(found: 65_537, limit: 65_536),
            "the ensemble has 65537 targets or classes, expected 1 to 65536"
        ) { $0.targetCount = 65_537 },
    ]

    @Test(arguments: lengths + nodes + votes)
    func `refuses, and says why`(_ spoiling: Spoiling) {
        var attributes = TreeEnsembleAttributes.stump("BRANCH_LEQ", 0)
        spoiling.change(&attributes)
        #expect(throws: spoiling.fault) { try TreeEnsemble(attributes, as: .regressor) }
        #expect(spoiling.fault.description == spoiling.sentence)
    }

    @Test
    func `refuses a cycle below the root`() {
        var attributes = TreeEnsembleAttributes()
        attributes.addBranch(0, "BRANCH_LEQ", feature: 0, 0, true: 1, false: 3)
        attributes.addBranch(1, "BRANCH_LEQ", feature: 0, 0, true: 2, false: 4)
        attributes.addBranch(2, "BRANCH_LEQ", feature: 0, 0, true: 1, false: 5)
        for leaf in 3...5 as ClosedRange<Int64> { attributes.addLeaf(leaf) }
        #expect(throws: TreeEnsembleFault.loop(tree: 0, node: 1)) {
            try TreeEnsemble(attributes, as: .regressor)
        }
    }

    @Test
    func `two classes may have one base value, two targets may not`() throws {
        var attributes = TreeEnsembleAttributes.stump("BRANCH_LEQ", 0)
        attributes.targetCount = 2
        attributes.baseValues = [1]
        _ = try TreeEnsemble(attributes, as: .classifier)
        #expect(throws: TreeEnsembleFault.baseValues(found: 1, targets: 2)) {
            try TreeEnsemble(attributes, as: .regressor)
        }
    }
}
