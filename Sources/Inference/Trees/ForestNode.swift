// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// A node of a flattened tree, as wide as its ensemble needs.
///
/// A step goes to the node's left child, or to the node after that unless column ≤ threshold. A leaf
/// is its own left child and its column holds −∞: walks stay there.
protocol ForestNode: Sendable {
    associatedtype Number: BinaryFloatingPoint & Sendable

    /// What the column is compared with; in a leaf its weight, where each leaf has just one.
    var threshold: Number { get }
    /// Where the column begins in a block of rows.
    var column: Int { get }

    /// Where a walk goes from here, `place` being this node's.
    func next(from place: Int, holds: Bool) -> Int

    /// Packs a node; nil if it does not fit.
    init?(_ node: LaidNode, at place: Int)
}

/// How many walks go side by side: those of eight trees for one row, or of one tree for eight rows.
///
/// None waits for another, so most of what each waits for is hidden (InferenceBenchmark).
enum Lanes {
    static var count: Int { 8 }
}

/// A node as the builder lays it.
struct LaidNode {
    var threshold: Double
    var column: Int
    var left: Int
}

/// Eight bytes: an ensemble of 100 trees of depth 6 stays in 50 KB.
struct NarrowNode: ForestNode {
    let threshold: Float
    private let packedColumn: UInt16
    private let leftDistance: UInt16

    @inline(__always)
    var column: Int { Int(packedColumn) }

    @inline(__always)
    func next(from place: Int, holds: Bool) -> Int {
        // No sum overflows: places are below 2^26, distances below 2^16.
        place &+ Int(leftDistance) &+ (holds ? 0 : 1)
    }

    init?(_ node: LaidNode, at place: Int) {
        let threshold = Float(node.threshold)
        guard Double(threshold) == node.threshold || node.threshold.isNaN,
            let column = UInt16(exactly: node.column * Lanes.count),
            let distance = UInt16(exactly: node.left - place)
        else { return nil }
        self.threshold = threshold
        packedColumn = column
        leftDistance = distance
    }
}

/// Sixteen bytes: thresholds of doubles, any number of columns, levels of any width.
struct WideNode: ForestNode {
    let threshold: Double
    private let packedColumn: UInt32
    private let left: UInt32

    @inline(__always)
    var column: Int { Int(packedColumn) }

    @inline(__always)
    func next(from place: Int, holds: Bool) -> Int {
        Int(left) &+ (holds ? 0 : 1)
    }

    init?(_ node: LaidNode, at place: Int) {
        guard let column = UInt32(exactly: node.column * Lanes.count),
            let left = UInt32(exactly: node.left)
        else { return nil }
        threshold = node.threshold
        packedColumn = column
        self.left = left
    }
}
