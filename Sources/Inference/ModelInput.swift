// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// One input of a model's graph: a matrix of rows × width.
package struct ModelInput: Sendable, Equatable {
    /// The graph's name for it.
    package let name: String
    /// What a run takes.
    package let element: ElementType
    /// The type that the graph declares.
    ///
    /// In ONNX's words: `float`, `double`, `int32`, `bool`, `string` and so on.
    package let declaredType: String
    /// Values a row.
    ///
    /// 1 for `[N]` and `[N, 1]`. Where the graph leaves it open, what its nodes need.
    package let width: Int
    /// The rank that the graph declares: 1 for `[N]`, 2 for `[N, width]`.
    package let rank: Int
}

/// One output of a model's graph; a `ZipMap` is taken apart again into its probabilities.
package struct ModelOutput: Sendable, Equatable {
    /// The graph's name for it.
    package let name: String
    /// What a run leaves.
    package let element: ElementType
    /// The type that the graph declares, in ONNX's words.
    package let declaredType: String
    /// Values a row; nil where only a run tells.
    package let width: Int?
}

/// A class of a classifier, as its label output names it.
package enum ClassLabel: Sendable, Hashable {
    case integer(Int64)
    case text(String)
}

/// What the outputs of a model mean.
package enum ModelPurpose: Sendable, Equatable {
    /// `probabilities` is an output of rows × classes; `label`, where the graph has one, is the class.
    ///
    /// They come from a classifier, or every row of a trial sums up to 1.
    case classifier(label: Int?, probabilities: Int, classes: [ClassLabel])
    /// `value` is an output of one number a row.
    case regressor(value: Int)
    /// `label` is an output of one class a row, without probabilities: that of a clustering, or of a
    /// classifier that has none.
    case labeller(label: Int)
    /// Outputs of any other shape.
    case transformer
}
