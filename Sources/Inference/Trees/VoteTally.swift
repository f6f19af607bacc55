// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The votes of a block's rows, put together target by target.
///
/// Sums are of doubles and follow the order of the trees, whether the row came alone or not.
struct VoteTally: Sendable {
    /// Rows of a block.
    static var mostRows: Int { 64 }

    /// One row of targets after the other: the aggregate of its votes, 0 without one.
    private var aggregates: [Double] = []
    /// Whether there was a vote.
    private var isVoted: [Bool] = []
    private var width = 0

    /// Makes room for as many rows and targets.
    mutating func prepare(rows: Int, width: Int) {
        self.width = width
        guard aggregates.count < rows * width else { return }
        aggregates = [Double](repeating: 0, count: rows * width)
        isVoted = [Bool](repeating: false, count: rows * width)
    }

    /// Counts the votes of the first row of a block.
    @inline(__always)
    mutating func countRow<Node>(
        _ block: borrowing RowBlock<Node.Number>,
        _ forest: Forest<Node>,
        _ counting: VoteCounting
    ) {
        begin(rows: 1, counting)
        let numbers = block.numbers.span
        switch counting {
        case .oneTarget(let target):
            var sum = 0.0
            for group in 0..<forest.treeGroups {
                let leaves = forest.leaves(ofTrees: group, in: numbers)
                for lane in 0..<Lanes.count { sum += forest.weight(at: leaves[lane]) }
            }
            aggregates[target] = sum
        case .targetOfTree:
            var sums = aggregates.mutableSpan
            for group in 0..<forest.treeGroups {
                let leaves = forest.leaves(ofTrees: group, in: numbers)
                for lane in 0..<Lanes.count {
                    let target = forest.targets[group &* Lanes.count &+ lane]
                    sums[target] += forest.weight(at: leaves[lane])
                }
            }
        case .ofLeaf(let votes, let aggregation):
            for group in 0..<forest.treeGroups {
                let leaves = forest.leaves(ofTrees: group, in: numbers)
                for lane in 0..<Lanes.count {
                    count(forest.votes[leaves[lane]], of: votes, aggregation, row: 0)
                }
            }
        }
    }

    /// Counts the votes of the rows of a block.
    @inline(__always)
    mutating func countRows<Node>(
        _ block: borrowing RowBlock<Node.Number>,
        groups: Int,
        _ forest: Forest<Node>,
        _ counting: VoteCounting
    ) {
        begin(rows: groups * Lanes.count, counting)
        let (numbers, width) = (block.numbers.span, width)
        switch counting {
        case .oneTarget(let target):
            var sums = InlineArray<64, Double>(repeating: 0)
            for tree in 0..<forest.count {
                for group in 0..<groups {
                    let leaves = forest.leaves(ofTree: tree, rows: group, in: numbers)
                    for lane in 0..<Lanes.count {
                        sums[group &* Lanes.count &+ lane] += forest.weight(at: leaves[lane])
                    }
                }
            }
            for row in 0..<groups * Lanes.count { aggregates[row * width + target] = sums[row] }
        case .targetOfTree:
            var sums = aggregates.mutableSpan
            for tree in 0..<forest.count {
                for group in 0..<groups {
                    let leaves = forest.leaves(ofTree: tree, rows: group, in: numbers)
                    for lane in 0..<Lanes.count {
                        let row = group &* Lanes.count &+ lane
                        let place = row &* width &+ forest.targets[tree]
                        sums[place] += forest.weight(at: leaves[lane])
                    }
                }
            }
        case .ofLeaf(let votes, let aggregation):
            for tree in 0..<forest.count {
                for group in 0..<groups {
                    let leaves = forest.leaves(ofTree: tree, rows: group, in: numbers)
                    for lane in 0..<Lanes.count {
                        let row = group &* Lanes.count &+ lane
                        count(forest.votes[leaves[lane]], of: votes, aggregation, row: row)
                    }
                }
            }
        }
    }

    /// Writes the scores of the first rows.
    mutating func finish(
        _ rows: Int,
        by rule: ScoreRule,
        into output: inout MutableSpan<Float>,
        at start: Int
    ) {
        let (width, isVoted) = (width, isVoted)
        var all = aggregates.mutableSpan
        for row in 0..<rows {
            let first = row * width
            var mine = all._mutatingExtracting(first..<first + width)
            var scores = output._mutatingExtracting(start + first..<start + first + width)
            rule.finish(
                &mine,
                isVoted: isVoted.span.extracting(first..<first + width),
                into: &scores
            )
        }
    }

    private mutating func begin(rows: Int, _ counting: VoteCounting) {
        let width = width
        var sums = aggregates.mutableSpan
        for index in 0..<rows * width { sums[index] = 0 }
        var flags = isVoted.mutableSpan
        for index in 0..<rows * width { flags[index] = false }
        switch counting {
        case .oneTarget(let target):
            for row in 0..<rows { flags[row * width + target] = true }
        case .targetOfTree(let voted):
            for row in 0..<rows {
                for target in voted { flags[row * width + target] = true }
            }
        case .ofLeaf: break
        }
    }

    private mutating func count(
        _ range: Range<Int32>,
        of votes: LeafVotes,
        _ aggregation: TreeEnsembleAttributes.Aggregation,
        row: Int
    ) {
        for vote in Int(range.lowerBound)..<Int(range.upperBound) {
            let target = row &* width &+ Int(votes.targets[vote])
            let (weight, aggregate) = (votes.weights[vote], aggregates[target])
            switch aggregation {
            case .sum, .average: aggregates[target] = aggregate + weight
            case .minimum where isVoted[target]: aggregates[target] = min(aggregate, weight)
            case .maximum where isVoted[target]: aggregates[target] = max(aggregate, weight)
            case .minimum, .maximum: aggregates[target] = weight
            }
            isVoted[target] = true
        }
    }
}

/// Whom the leaves of an ensemble vote for.
enum VoteCounting: Sendable {
    /// Every leaf has one vote, all for the same target.
    case oneTarget(Int)
    /// Every leaf has one vote, for the target of its tree; these are the targets that occur.
    case targetOfTree(voted: [Int])
    /// A leaf may have none or several votes.
    case ofLeaf(LeafVotes, TreeEnsembleAttributes.Aggregation)
}
