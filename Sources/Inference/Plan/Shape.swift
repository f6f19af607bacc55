// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Arithmetic on the lengths of axes; a scalar has none.
enum Shape {
    /// The number of elements.
    ///
    /// - Throws: `KernelFault.tooLarge` for more than `most`, before anything could overflow.
    static func count(_ shape: [Int], most: Int) throws(KernelFault) -> Int {
        var count = 1
        var isEmpty = false
        for length in shape {
            guard length > 0 else {
                isEmpty = true
                continue
            }
            let (product, overflow) = count.multipliedReportingOverflow(by: length)
            guard !overflow, product <= most else { throw .tooLarge(most: most) }
            count = product
        }
        return isEmpty ? 0 : count
    }

    /// How far apart neighbours on each axis lie, row-major.
    ///
    /// The shape is one that `count` has passed, or has an axis of no length.
    static func strides(_ shape: [Int]) -> [Int] {
        var strides = shape
        var step = 1
        for axis in shape.indices.reversed() {
            strides[axis] = step
            step &*= max(shape[axis], 1)
        }
        return strides
    }

    /// The shape that both broadcast to: axes are aligned at the end, and a length of 1 stretches.
    ///
    /// - Throws: `KernelFault.shape` where two lengths differ and neither is 1.
    static func broadcast(_ left: [Int], _ right: [Int]) throws(KernelFault) -> [Int] {
        let rank = max(left.count, right.count)
        var shape = [Int](repeating: 1, count: rank)
        for axis in 0..<rank {
            let a = axis + left.count < rank ? 1 : left[axis + left.count - rank]
            let b = axis + right.count < rank ? 1 : right[axis + right.count - rank]
            guard a == b || a == 1 || b == 1 else {
                throw .shape(found: right, expected: "one that broadcasts with \(left)")
            }
            shape[axis] = a == 1 ? b : a
        }
        return shape
    }

    /// An axis as it counts from the front; negative ones count from the end.
    static func axis(_ axis: Int, of shape: [Int]) throws(KernelFault) -> Int {
        let rank = shape.count
        guard axis >= -rank, axis < rank else {
            throw .shape(found: shape, expected: "one with an axis \(axis)")
        }
        return axis < 0 ? axis + rank : axis
    }

    /// The product of the lengths of some axes of a shape whose elements exist.
    static func product(_ lengths: ArraySlice<Int>) -> Int {
        lengths.reduce(1, &*)
    }
}
