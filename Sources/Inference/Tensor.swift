// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// An array of any rank, row-major.
///
/// One of the four arrays holds the elements, the one that `element` names; the others stay empty. So
/// each can be written in place, which an enum with a payload would not allow without a copy.
package struct Tensor: Sendable, Equatable {
    /// Which of the arrays holds the elements.
    package var element: ElementType
    /// The length of each axis; the first is the row for inputs and outputs of a model.
    package var shape: [Int]
    package var floats: [Float] = []
    package var doubles: [Double] = []
    package var integers: [Int64] = []
    package var strings: [String] = []

    /// Makes a tensor without elements.
    package init(_ element: ElementType, shape: [Int]) {
        self.element = element
        self.shape = shape
    }

    /// The number of elements that the shape asks for.
    package var count: Int { shape.reduce(1, *) }
}
