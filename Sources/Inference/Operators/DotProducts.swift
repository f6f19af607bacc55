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

/// The sum of the products of two lists of the same length.
@inline(__always)
private func dot<Number: BinaryFloatingPoint>(_ x: Span<Number>, _ y: Span<Number>) -> Double {
    var sums = (0.0, 0.0, 0.0, 0.0)
    let count = x.count
    var index = 0
    while index &+ 4 <= count {
        sums.0 += Double(x[index]) * Double(y[index])
        sums.1 += Double(x[index &+ 1]) * Double(y[index &+ 1])
        sums.2 += Double(x[index &+ 2]) * Double(y[index &+ 2])
        sums.3 += Double(x[index &+ 3]) * Double(y[index &+ 3])
        index &+= 4
    }
    while index < count {
        sums.0 += Double(x[index]) * Double(y[index])
        index &+= 1
    }
    return (sums.0 + sums.1) + (sums.2 + sums.3)
}
