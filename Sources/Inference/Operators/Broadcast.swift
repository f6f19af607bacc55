// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Combines the elements of two tensors, the smaller stretched to the other's shape.
///
/// The result gets the type `Out` and the common shape. `combine` is inlined where the function is
/// called with a closure.
///
/// - Throws: `KernelFault.shape` for shapes that do not fit, `tooLarge`, and what `combine` throws.
@inline(__always)
func broadcast<In: TensorElement, Out: TensorElement>(
    _ left: [In],
    _ right: [In],
    shapes: ([Int], [Int]),
    into result: inout Tensor,
    most: Int,
    _ combine: (In, In) throws(KernelFault) -> Out
) throws(KernelFault) {
    if shapes.0 == shapes.1 {
        try result.prepare(Out.element, shapes.0, most: most)
        try Out.modify(&result) { elements throws(KernelFault) in
            var target = elements.mutableSpan
            for index in left.indices { target[index] = try combine(left[index], right[index]) }
        }
    } else if repeats(shapes.1, in: shapes.0), !right.isEmpty {
        try result.prepare(Out.element, shapes.0, most: most)
        try Out.modify(&result) { elements throws(KernelFault) in
            var target = elements.mutableSpan
            var from = 0
            for place in left.indices {
                target[place] = try combine(left[place], right[from])
                from = from &+ 1 == right.count ? 0 : from &+ 1
            }
        }
    } else {
        try broadcastAnywhere(left, right, shapes, into: &result, most, combine)
    }
}

/// Whether a tensor, read over and over, lines up with the elements of a larger one: behind leading
/// axes of length 1 its axes are the larger one's last.
private func repeats(_ shape: [Int], in larger: [Int]) -> Bool {
    guard shape.count <= larger.count else { return false }
    let missing = larger.count - shape.count
    var axis = 0
    while axis < shape.count, shape[axis] == 1 { axis += 1 }
    while axis < shape.count {
        guard shape[axis] == larger[axis + missing] else { return false }
        axis += 1
    }
    return true
}

private func broadcastAnywhere<In: TensorElement, Out: TensorElement>(
    _ left: [In],
    _ right: [In],
    _ shapes: ([Int], [Int]),
    into result: inout Tensor,
    _ most: Int,
    _ combine: (In, In) throws(KernelFault) -> Out
) throws(KernelFault) {
    let shape = try Shape.broadcast(shapes.0, shapes.1)
    try result.prepare(Out.element, shape, most: most)
    let views = [
        StridedView(of: shapes.0, broadcastTo: shape).strides,
        StridedView(of: shapes.1, broadcastTo: shape).strides,
    ]
    try Out.modify(&result) { target throws(KernelFault) in
        guard !target.isEmpty else { return }
        var walk = ViewWalk(shape, views, offsets: [0, 0])
        let steps = (walk.runSteps[0], walk.runSteps[1])
        var place = 0
        repeat {
            var from = (walk.offsets[0], walk.offsets[1])
            for _ in 0..<walk.runLength {
                target[place] = try combine(left[from.0], right[from.1])
                from = (from.0 &+ steps.0, from.1 &+ steps.1)
                place &+= 1
            }
        } while walk.advance()
    }
}
