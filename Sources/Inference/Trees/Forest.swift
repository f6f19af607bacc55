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

    /// Walks every tree for the first row of a block.
    ///
    /// - Parameters:
    ///   - block: As many columns as the forest has.
    ///   - body: Takes tree and leaf, in the order of the trees; after the last tree perhaps leaves
    ///     without weight and votes.
    @inline(__always)
    func forEachLeaf(ofRow block: Span<Node.Number>, _ body: (_ tree: Int, _ place: Int) -> Void) {
        for (group, depth) in groupDepths.enumerated() {
            let first = group &* Lanes.count
            var places = Places(repeating: 0)
            for lane in 0..<Lanes.count { places[lane] = roots[first &+ lane] }
            walk(&places, depth: depth, block, laneStride: 0)
            for lane in 0..<Lanes.count { body(first &+ lane, places[lane]) }
        }
    }

    /// Walks every tree for the rows of a block.
    ///
    /// - Parameters:
    ///   - block: As many columns as the forest has.
    ///   - body: Takes tree, row and leaf, in the order of the trees.
    @inline(__always)
    func forEachLeaf(
        ofRows block: Span<Node.Number>,
        _ body: (_ tree: Int, _ row: Int, _ place: Int) -> Void
    ) {
        for tree in 0..<count {
            var places = Places(repeating: roots[tree])
            walk(&places, depth: depths[tree], block, laneStride: 1)
            for row in 0..<Lanes.count { body(tree, row, places[row]) }
        }
    }

    /// Where eight walks are.
    private typealias Places = InlineArray<8, Int>

    /// Shallow trees are walked to their depth: to look would cost more than it saves.
    private static var stepsBeforeLooks: Int { 8 }
    /// Steps between two looks whether all walks have ended.
    private static var stepsBetweenLooks: Int { 4 }

    @inline(__always)
    private func walk(
        _ places: inout Places,
        depth: Int,
        _ block: Span<Node.Number>,
        laneStride: Int
    ) {
        let nodes = nodes.span
        var remaining = depth
        while true {
            let steps = remaining <= Self.stepsBeforeLooks ? remaining : Self.stepsBetweenLooks
            for _ in 0..<steps {
                for lane in 0..<Lanes.count {
                    let node = nodes[places[lane]]
                    let holds = block[node.column &+ lane &* laneStride] <= node.threshold
                    places[lane] = node.next(from: places[lane], holds: holds)
                }
            }
            remaining &-= steps
            if remaining == 0 || haveEnded(places) { return }
        }
    }

    @inline(__always)
    private func haveEnded(_ places: Places) -> Bool {
        let leafColumn = columns.count * Lanes.count
        var haveEnded = true
        for lane in 0..<Lanes.count where nodes[places[lane]].column != leafColumn {
            haveEnded = false
        }
        return haveEnded
    }
}
