// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The attributes of `TreeEnsembleClassifier` and `TreeEnsembleRegressor` (ai.onnx.ml 1 and 3), as
/// they stand in the graph: parallel arrays, one element a node or a vote of a leaf.
///
/// The variants with doubles (`…_as_tensor`) and those with floats are both doubles here: every
/// float is one.
package struct TreeEnsembleAttributes: Sendable {
    /// What the scores are made into.
    package enum PostTransform: String, Sendable, CaseIterable {
        case none = "NONE"
        case softmax = "SOFTMAX"
        case logistic = "LOGISTIC"
        case softmaxZero = "SOFTMAX_ZERO"
        case probit = "PROBIT"
    }

    /// How the trees' votes are put together; classifiers always add.
    package enum Aggregation: String, Sendable, CaseIterable {
        case sum = "SUM"
        case average = "AVERAGE"
        case minimum = "MIN"
        case maximum = "MAX"
    }

    /// The tree of each node.
    package var treeIDs: [Int64] = []
    /// The id of each node, unique in its tree; the first listed is the root.
    package var nodeIDs: [Int64] = []
    /// What each branch compares.
    package var featureIDs: [Int64] = []
    /// `BRANCH_LEQ`, `BRANCH_LT`, `BRANCH_GTE`, `BRANCH_GT`, `BRANCH_EQ`, `BRANCH_NEQ`, `LEAF`.
    package var modes: [String] = []
    /// What it compares with.
    package var thresholds: [Double] = []
    /// Where each branch leads.
    package var trueNodeIDs: [Int64] = []
    package var falseNodeIDs: [Int64] = []
    /// 1 sends NaN to the true branch; empty is all 0.
    package var missingTracksTrue: [Int64] = []
    /// The leaf, class or target and weight of each vote.
    package var voteTreeIDs: [Int64] = []
    package var voteNodeIDs: [Int64] = []
    package var voteTargetIDs: [Int64] = []
    package var voteWeights: [Double] = []
    /// One a target, added to the aggregate; may be empty.
    package var baseValues: [Double] = []
    /// What the scores are made into.
    package var postTransform = PostTransform.none
    /// How votes for one target are put together.
    package var aggregation = Aggregation.sum
    /// Targets of a regressor, labels of a classifier.
    package var targetCount = 1

    /// Makes the attributes of an ensemble without nodes, to be filled.
    package init() {}
}
