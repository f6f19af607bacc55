// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Trees laid out in one array, before they are packed.
struct ForestLayout {
    struct Tree {
        var root: Int
        /// Steps after which every walk is at a leaf.
        var depth: Int
        /// What its leaves vote for, where each has one vote and they agree.
        var target: Int
    }

    var nodes: [LaidNode]
    var trees: [Tree]
    var columns: ForestColumns
    /// The votes of each node, unless the weights stand in the leaves.
    var votes: [Range<Int32>]
    /// A leaf without weight and votes.
    var empty: Int
}

/// Lays out the trees of an ensemble level by level: what every walk passes lies together.
///
/// A node that several branches share has a place below each of them, its own children only one: a
/// layout has no more nodes than two for each branch, four for an equality, whatever is shared.
struct ForestBuilder {
    /// Of the numbers that are compared: a branch on x < t asks whether x is at most the one below t.
    enum Precision { case float, double }

    /// A node that has a place, and is to be written to it.
    private struct Pending {
        var position: Int
        /// Whether the second test of an equality stands here.
        var isSecondTest = false
        var place: Int
        var depth: Int
    }

    private let attributes: TreeEnsembleAttributes
    private let topology: TreeTopology
    /// What the leaves of each tree vote for; nil keeps the votes of each leaf apart.
    private let targets: [Int32]?
    private let precision: Precision
    private var nodes: [LaidNode] = []
    private var votes: [Range<Int32>] = []
    private var columns: [ForestColumn: Int] = [:]
    private var pending: [Pending] = []
    /// A node stands in two places when branches share it, and as the false child of an equality,
    /// which follows either of its tests.
    private var copies: [(position: Int, place: Int)] = []
    private var places: [Int]
    /// The branches above each node that are not laid yet, and the longest way from the root to it
    /// over those that are.
    private var unlaid: [Int32]
    private var depths: [Int]

    /// Prepares a layout.
    ///
    /// - Precondition: With precision `float`, every threshold is one.
    init(
        _ attributes: TreeEnsembleAttributes,
        _ topology: TreeTopology,
        targets: [Int32]?,
        precision: Precision
    ) {
        self.precision = precision
        self.attributes = attributes
        self.topology = topology
        self.targets = targets
        places = [Int](repeating: 0, count: topology.modes.count)
        unlaid = topology.references
        depths = places
        nodes.reserveCapacity(topology.modes.count)
    }

    /// Lays the trees out.
    ///
    /// - Complexity: O(nodes).
    consuming func build() -> ForestLayout {
        var trees: [ForestLayout.Tree] = []
        trees.reserveCapacity(topology.roots.count)
        for (tree, root) in topology.roots.enumerated() {
            let place = reserve(1)
            let depth = lay(Int(root), at: place)
            let target = targets.map { Int($0[tree]) } ?? 0
            trees.append(ForestLayout.Tree(root: place, depth: depth, target: target))
        }
        let empty = reserve(1)
        nodes[empty] = LaidNode(threshold: 0, column: Self.leafColumn, left: empty)
        // Columns were counted as they were met.
        let sorted = columns.keys.sorted()
        var numbers = [Int](repeating: 0, count: sorted.count)
        for (number, column) in sorted.enumerated() {
            if let met = columns[column] { numbers[met] = number }
        }
        for place in nodes.indices {
            let met = nodes[place].column
            nodes[place].column = met == Self.leafColumn ? sorted.count : numbers[met]
        }
        return ForestLayout(
            nodes: nodes,
            trees: trees,
            columns: ForestColumns(sorted),
            votes: votes,
            empty: empty
        )
    }

    /// Stands for the column after the last until that is known.
    private static var leafColumn: Int { -1 }

    /// Lays a tree out, its root at `place`; returns the steps of the longest walk.
    private mutating func lay(_ root: Int, at place: Int) -> Int {
        pending.removeAll(keepingCapacity: true)
        copies.removeAll(keepingCapacity: true)
        pending.append(Pending(position: root, place: place, depth: 0))
        var depth = 0
        var next = 0
        while next < pending.count {
            let node = pending[next]
            next += 1
            depth = max(depth, node.depth)
            if !node.isSecondTest { places[node.position] = node.place }
            if topology.modes[node.position] == .leaf {
                layLeaf(node)
            } else {
                layBranch(node)
            }
        }
        for copy in copies {
            nodes[copy.place] = nodes[places[copy.position]]
            if targets == nil { votes[copy.place] = votes[places[copy.position]] }
        }
        return depth
    }

    private mutating func layLeaf(_ node: Pending) {
        let range = topology.votes.range(of: node.position)
        var weight = Double.infinity
        if targets == nil {
            votes[node.place] = Int32(range.lowerBound)..<Int32(range.upperBound)
        } else {
            weight = topology.votes.weights[range.lowerBound]
        }
        // −∞ is not above any weight, so a walk stays here.
        nodes[node.place] =
            LaidNode(threshold: weight, column: Self.leafColumn, left: node.place)
    }

    private mutating func layBranch(_ node: Pending) {
        let position = node.position
        let whenTrue = Int(topology.trueChildren[position])
        let whenFalse = Int(topology.falseChildren[position])
        let branch = BranchTest.branch(
            topology.modes[position],
            feature: Int(attributes.featureIDs[position]),
            threshold: attributes.thresholds[position],
            missingTracksTrue: attributes.missingTracksTrue.isEmpty
                ? false : attributes.missingTracksTrue[position] == 1
        )
        switch branch {
        case .one(let test, let holdsMeansTrue):
            let left = write(test, at: node.place)
            let (first, second) = holdsMeansTrue ? (whenTrue, whenFalse) : (whenFalse, whenTrue)
            append(first, at: left, below: node)
            append(second, at: left + 1, below: node)
        case .two(let first, let second, let holdsMeansOpen, let isNegated):
            let equal = isNegated ? whenFalse : whenTrue
            let different = isNegated ? whenTrue : whenFalse
            let left = write(node.isSecondTest ? second : first, at: node.place)
            let (open, closed) = holdsMeansOpen ? (left, left + 1) : (left + 1, left)
            if node.isSecondTest {
                append(equal, at: open, below: node)
                append(different, at: closed, below: node)
            } else {
                pending.append(
                    Pending(
                        position: position,
                        isSecondTest: true,
                        place: open,
                        depth: node.depth + 1
                    )
                )
                copies.append((different, closed))
            }
        }
    }

    /// Lays a child once all branches that share it are; until then its place is one of several.
    private mutating func append(_ position: Int, at place: Int, below parent: Pending) {
        unlaid[position] -= 1
        depths[position] = max(depths[position], parent.depth + 1)
        guard unlaid[position] == 0 else { return copies.append((position, place)) }
        pending.append(Pending(position: position, place: place, depth: depths[position]))
    }

    /// Writes a test, and makes room for the two nodes that follow; returns where.
    private mutating func write(_ test: BranchTest, at place: Int) -> Int {
        let left = reserve(2)
        let column = columns[test.column] ?? columns.count
        columns[test.column] = column
        let threshold =
            precision == .float
            ? Double(test.threshold(as: Float.self)) : test.threshold(as: Double.self)
        nodes[place] = LaidNode(threshold: threshold, column: column, left: left)
        return left
    }

    private mutating func reserve(_ count: Int) -> Int {
        let place = nodes.count
        let empty = LaidNode(threshold: .infinity, column: Self.leafColumn, left: 0)
        nodes.append(contentsOf: repeatElement(empty, count: count))
        if targets == nil { votes.append(contentsOf: repeatElement(0..<0, count: count)) }
        return place
    }
}
