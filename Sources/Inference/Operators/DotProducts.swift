// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Multiplies the rows of one matrix with the rows of another: out[i, j] = finish(j, xᵢ · wⱼ).
///
/// The products are added in double precision, in four chains that the processor overlaps, so that
/// a float is rounded once.
///
/// `x` has at least rows × depth elements, `w` (the right matrix transposed) columns × depth, and
/// `target` takes rows × columns.
///
/// - Complexity: O(rows · columns · depth).
@inline(__always)
func multiplyRows<Number: BinaryFloatingPoint>(
    _ x: Span<Number>,
    rows: Int,
    depth: Int,
    _ w: Span<Number>,
    columns: Int,
    into target: inout MutableSpan<Number>,
    _ finish: (Int, Double) -> Number
) {
    for row in 0..<rows {
        let left = x.extracting(row * depth..<(row + 1) * depth)
        for column in 0..<columns {
            let right = w.extracting(column * depth..<(column + 1) * depth)
            target[row * columns + column] = finish(column, dot(left, right))
        }
    }
}

/// The sum of the products of two lists of the same length, in double precision.
///
/// What a piece is known to have needs no check an element: only so does the compiler make vectors
/// of it (InferenceBenchmark, logistic).
@inline(__always)
func dot<Number: BinaryFloatingPoint>(_ x: Span<Number>, _ y: Span<Number>) -> Double {
    var sums = InlineArray<4, Double>(repeating: 0)
    var (x, y) = (x, y)
    while x.count >= 8, y.count >= 8 {
        for lane in 0..<4 {
            let product = Double(x[lane]) * Double(y[lane])
            sums[lane] += product + Double(x[lane &+ 4]) * Double(y[lane &+ 4])
        }
        (x, y) = (x.extracting(droppingFirst: 8), y.extracting(droppingFirst: 8))
    }
    if x.count >= 4, y.count >= 4 {
        for lane in 0..<4 { sums[lane] += Double(x[lane]) * Double(y[lane]) }
        (x, y) = (x.extracting(droppingFirst: 4), y.extracting(droppingFirst: 4))
    }
    var rest = 0.0
    for index in 0..<min(x.count, y.count) { rest += Double(x[index]) * Double(y[index]) }
    return (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}
