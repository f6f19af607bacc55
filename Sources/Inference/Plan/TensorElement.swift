// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// A type that a tensor holds in one of its arrays.
protocol TensorElement: Sendable, Equatable {
    static var element: ElementType { get }
    /// What stands where nothing was written: 0 or the empty text.
    static var blank: Self { get }

    /// The elements of a tensor of this type; the array is shared, not copied.
    static func elements(of tensor: Tensor) -> [Self]

    /// Lends the elements of a tensor for change in place.
    static func modify<Result, Failure: Error>(
        _ tensor: inout Tensor,
        _ body: (inout [Self]) throws(Failure) -> Result
    ) throws(Failure) -> Result
}

extension Float: TensorElement {
    static var element: ElementType { .float }
    static var blank: Float { 0 }
    static func elements(of tensor: Tensor) -> [Float] { tensor.floats }
    static func modify<Result, Failure: Error>(
        _ tensor: inout Tensor,
        _ body: (inout [Float]) throws(Failure) -> Result
    ) throws(Failure) -> Result { try body(&tensor.floats) }
}

extension Double: TensorElement {
    static var element: ElementType { .double }
    static var blank: Double { 0 }
    static func elements(of tensor: Tensor) -> [Double] { tensor.doubles }
    static func modify<Result, Failure: Error>(
        _ tensor: inout Tensor,
        _ body: (inout [Double]) throws(Failure) -> Result
    ) throws(Failure) -> Result { try body(&tensor.doubles) }
}

extension Int64: TensorElement {
    static var element: ElementType { .int64 }
    static var blank: Int64 { 0 }
    static func elements(of tensor: Tensor) -> [Int64] { tensor.integers }
    static func modify<Result, Failure: Error>(
        _ tensor: inout Tensor,
        _ body: (inout [Int64]) throws(Failure) -> Result
    ) throws(Failure) -> Result { try body(&tensor.integers) }
}

extension String: TensorElement {
    static var element: ElementType { .string }
    static var blank: String { "" }
    static func elements(of tensor: Tensor) -> [String] { tensor.strings }
    static func modify<Result, Failure: Error>(
        _ tensor: inout Tensor,
        _ body: (inout [String]) throws(Failure) -> Result
    ) throws(Failure) -> Result { try body(&tensor.strings) }
}
