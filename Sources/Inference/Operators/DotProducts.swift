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
/// Lists are cut into pieces of a known length, whose elements need no check each: only so does the
/// compiler make vectors of them (InferenceBenchmark, logistic).
@inline(__always)
func dot<Number: BinaryFloatingPoint>(_ x: Span<Number>, _ y: Span<Number>) -> Double {
    var sums = InlineArray<4, Double>(repeating: 0)
    let count = x.count
    var index = 0
    while count &- index >= 8 {
        let end = index &+ 8
        let (left, right) = (x.extracting(index..<end), y.extracting(index..<end))
        for lane in 0..<4 {
            let product = Double(left[lane]) * Double(right[lane])
            sums[lane] += product + Double(left[lane &+ 4]) * Double(right[lane &+ 4])
        }
        index = end
    }
    if count &- index >= 4 {
        let end = index &+ 4
        let (left, right) = (x.extracting(index..<end), y.extracting(index..<end))
        for lane in 0..<4 { sums[lane] += Double(left[lane]) * Double(right[lane]) }
        index = end
    }
    var rest = 0.0
    while index < count {
        rest += Double(x[index]) * Double(y[index])
        index &+= 1
    }
    return (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}
