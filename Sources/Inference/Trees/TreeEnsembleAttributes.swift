// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The attributes of `TreeEnsembleClassifier` and `TreeEnsembleRegressor` (ai.onnx.ml 1 and 3), as
/// they stand in the graph: parallel arrays, one element a node or a vote of a leaf.
///
/// The variants with doubles (`…_as_tensor`) and those with floats are both doubles here: every
/// float is one.
struct TreeEnsembleAttributes: Sendable {
    /// What the scores are made into.
    enum PostTransform: String, Sendable {
        case none = "NONE"
        case softmax = "SOFTMAX"
        case logistic = "LOGISTIC"
        case softmaxZero = "SOFTMAX_ZERO"
        case probit = "PROBIT"
    }

    /// How the trees' votes are put together; classifiers always add.
    enum Aggregation: String, Sendable {
        case sum = "SUM"
        case average = "AVERAGE"
        case minimum = "MIN"
        case maximum = "MAX"
    }

    var treeIDs: [Int64] = []
    var nodeIDs: [Int64] = []
    var featureIDs: [Int64] = []
    /// `BRANCH_LEQ`, `BRANCH_LT`, `BRANCH_GTE`, `BRANCH_GT`, `BRANCH_EQ`, `BRANCH_NEQ`, `LEAF`.
    var modes: [String] = []
    var thresholds: [Double] = []
    var trueNodeIDs: [Int64] = []
    var falseNodeIDs: [Int64] = []
    /// 1 sends NaN to the true branch; empty is all 0.
    var missingTracksTrue: [Int64] = []
    /// The leaf, class or target and weight of each vote.
    var voteTreeIDs: [Int64] = []
    var voteNodeIDs: [Int64] = []
    var voteTargetIDs: [Int64] = []
    var voteWeights: [Double] = []
    var baseValues: [Double] = []
    var postTransform = PostTransform.none
    var aggregation = Aggregation.sum
    /// Targets of a regressor, labels of a classifier.
    var targetCount = 1
}
