// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// A way to read a tensor's elements in another order: a transpose, a slice, a broadcast, a tiling.
///
/// The element at index (i, j, …) of the view is that at `offset + i·strides[0] + j·strides[1] + …`
/// of the tensor.
struct StridedView {
    var shape: [Int]
    var strides: [Int]
    var offset = 0

    /// The tensor as it is.
    init(of shape: [Int]) {
        self.shape = shape
        strides = Shape.strides(shape)
    }

    init(shape: [Int], strides: [Int], offset: Int = 0) {
        (self.shape, self.strides, self.offset) = (shape, strides, offset)
    }

    /// The tensor stretched to a shape that it broadcasts to.
    init(of original: [Int], broadcastTo shape: [Int]) {
        let missing = shape.count - original.count
        let own = Shape.strides(original)
        strides = shape.indices.map { axis in
            axis < missing || original[axis - missing] == 1 ? 0 : own[axis - missing]
        }
        self.shape = shape
    }

    /// Copies the elements in the view's order.
    ///
    /// - Parameters:
    ///   - source: The tensor's elements; the view lies inside.
    ///   - target: As many as the view has.
    func copy<Element>(_ source: [Element], into target: inout [Element]) {
        guard !target.isEmpty else { return }
        var walk = ViewWalk(shape, [strides], offsets: [offset])
        let (length, step) = (walk.runLength, walk.runSteps[0])
        var place = 0
        repeat {
            var from = walk.offsets[0]
            for _ in 0..<length {
                target[place] = source[from]
                from &+= step
                place &+= 1
            }
        } while walk.advance()
    }
}

/// Walks over all axes of some views of one shape but the last, which the caller runs along.
struct ViewWalk {
    /// Length of the last axis.
    let runLength: Int
    /// Each view's stride along the last axis.
    let runSteps: [Int]
    /// Where each view's run begins.
    private(set) var offsets: [Int]
    private let shape: ArraySlice<Int>
    private let strides: [[Int]]
    private var index: [Int]

    /// Begins at the first run; the shape has at least one element.
    init(_ shape: [Int], _ strides: [[Int]], offsets: [Int]) {
        runLength = shape.last ?? 1
        runSteps = strides.map { $0.last ?? 0 }
        self.shape = shape.dropLast()
        self.strides = strides
        self.offsets = offsets
        index = Array(repeating: 0, count: max(shape.count - 1, 0))
    }

    /// Goes on to the next run; false after the last.
    mutating func advance() -> Bool {
        for axis in index.indices.reversed() {
            index[axis] += 1
            for view in offsets.indices { offsets[view] &+= strides[view][axis] }
            if index[axis] < shape[axis] { return true }
            for view in offsets.indices {
                offsets[view] &-= strides[view][axis] &* shape[axis]
            }
            index[axis] = 0
        }
        return false
    }
}
