// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The trees of an ensemble, flattened for walks whose steps are all alike.
struct Forest<Node: ForestNode>: Sendable {
    private let nodes: [Node]
    /// The root of each tree; up to a whole group a leaf without weight and votes follows.
    private let roots: [Int]
    /// Steps after which the walks of each tree are at a leaf.
    private let depths: [Int]
    /// The greatest of each group of trees.
    private let groupDepths: [Int]
    /// What the nodes look at; one more column follows, of −∞, for the leaves.
    let columns: ForestColumns
    /// The votes of each node, where a leaf may have several; else empty.
    let votes: [Range<Int32>]
    /// What each tree votes for, where its leaves have one vote; with padding like the roots.
    let targets: [Int]

    /// The number of trees.
    var count: Int { depths.count }

    /// Packs what a builder has laid; nil if a node does not fit.
    ///
    /// - Complexity: O(nodes).
    init?(_ layout: ForestLayout) {
        var nodes: [Node] = []
        nodes.reserveCapacity(layout.nodes.count)
        for (place, node) in layout.nodes.enumerated() {
            guard let packed = Node(node, at: place) else { return nil }
            nodes.append(packed)
        }
        self.nodes = nodes
        let count = layout.trees.count
        let groups = (count + Lanes.count - 1) / Lanes.count
        let padding = repeatElement(layout.empty, count: groups * Lanes.count - count)
        roots = layout.trees.map(\.root) + padding
        let depths = layout.trees.map(\.depth)
        self.depths = depths
        groupDepths = (0..<groups).map { group in
            let first = group * Lanes.count
            return depths[first..<min(first + Lanes.count, depths.count)].max() ?? 0
        }
        columns = layout.columns
        votes = layout.votes
        targets = layout.trees.map(\.target) + padding.map { _ in layout.trees[count - 1].target }
    }

    /// The weight of a leaf, where each has just one.
    @inline(__always)
    func weight(at place: Int) -> Double { Double(nodes[place].threshold) }

    /// Where eight walks are.
    typealias Places = InlineArray<8, Int>

    /// How many groups of eight trees there are.
    var treeGroups: Int { groupDepths.count }

    /// Walks eight trees for the first row of a block.
    ///
    /// - Parameters:
    ///   - group: Which eight; in the last, leaves without weight and votes follow the last tree.
    ///   - block: As many columns as the forest has.
    /// - Returns: The leaves, in the order of the trees.
    @inline(__always)
    func leaves(ofTrees group: Int, in block: Span<Node.Number>) -> Places {
        var places = Places(repeating: 0)
        for lane in 0..<Lanes.count { places[lane] = roots[group &* Lanes.count &+ lane] }
        walk(&places, depth: groupDepths[group], block, laneStride: 0)
        return places
    }

    /// Walks a tree for eight rows.
    ///
    /// - Parameters:
    ///   - tree: Which of the trees.
    ///   - group: Which eight rows of the block.
    ///   - block: As many columns as the forest has, group after group.
    /// - Returns: The leaves, in the order of the rows.
    @inline(__always)
    func leaves(ofTree tree: Int, rows group: Int, in block: Span<Node.Number>) -> Places {
        let size = (columns.count &+ 1) &* Lanes.count
        let numbers = block.extracting(group &* size..<(group &+ 1) &* size)
        var places = Places(repeating: roots[tree])
        walk(&places, depth: depths[tree], numbers, laneStride: 1)
        return places
    }

    /// Trees up to that deep are walked to their depth: to look would cost more than it saves.
    private static var shallowDepth: Int { 8 }
    /// Steps in deeper trees before the first look whether all walks have ended.
    private static var stepsBeforeLooks: Int { 6 }

    @inline(__always)
    private func walk(
        _ places: inout Places,
        depth: Int,
        _ block: Span<Node.Number>,
        laneStride: Int
    ) {
        let nodes = nodes.span
        var remaining = depth
        var steps = depth <= Self.shallowDepth ? depth : Self.stepsBeforeLooks
        while true {
            for _ in 0..<steps {
                for lane in 0..<Lanes.count {
                    let node = nodes[places[lane]]
                    let holds = block[node.column &+ lane &* laneStride] <= node.threshold
                    places[lane] = node.next(from: places[lane], holds: holds)
                }
            }
            remaining &-= steps
            if remaining == 0 || haveEnded(places) { return }
            steps = 1
        }
    }

    @inline(__always)
    private func haveEnded(_ places: Places) -> Bool {
        let leafColumn = columns.count &* Lanes.count
        var branches = 0
        for lane in 0..<Lanes.count {
            branches |= nodes[places[lane]].column ^ leafColumn
        }
        return branches == 0
    }
}
