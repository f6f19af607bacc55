// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// The votes of a block's rows, put together target by target.
///
/// Sums are of doubles and follow the order of the trees, whether the row came alone or not.
struct VoteTally: Sendable {
    /// One row of targets after the other: the aggregate of its votes, 0 without one.
    private var aggregates: [Double] = []
    /// Whether there was a vote.
    private var isVoted: [Bool] = []
    private var width = 0

    /// Makes room for as many targets a row.
    mutating func prepare(width: Int) {
        guard width != self.width else { return }
        self.width = width
        aggregates = [Double](repeating: 0, count: width * Lanes.count)
        isVoted = [Bool](repeating: false, count: width * Lanes.count)
    }

    /// Counts the votes of the first row of a block.
    @inline(__always)
    mutating func countRow<Node>(
        _ block: borrowing RowBlock<Node.Number>,
        _ forest: Forest<Node>,
        _ counting: VoteCounting
    ) {
        clear(rows: 1)
        switch counting {
        case .oneTarget(let target):
            var sum = 0.0
            forest.forEachLeaf(ofRow: block.numbers.span) { _, place in
                sum += forest.weight(at: place)
            }
            aggregates[target] = sum
            isVoted[target] = true
        case .targetOfTree:
            forest.forEachLeaf(ofRow: block.numbers.span) { tree, place in
                aggregates[forest.targets[tree]] += forest.weight(at: place)
                isVoted[forest.targets[tree]] = true
            }
        case .ofLeaf(let votes, let aggregation):
            forest.forEachLeaf(ofRow: block.numbers.span) { _, place in
                count(forest.votes[place], of: votes, aggregation, row: 0)
            }
        }
    }

    /// Counts the votes of all rows of a block.
    @inline(__always)
    mutating func countRows<Node>(
        _ block: borrowing RowBlock<Node.Number>,
        _ forest: Forest<Node>,
        _ counting: VoteCounting
    ) {
        clear(rows: Lanes.count)
        switch counting {
        case .oneTarget(let target):
            var sums = InlineArray<8, Double>(repeating: 0)
            forest.forEachLeaf(ofRows: block.numbers.span) { _, row, place in
                sums[row] += forest.weight(at: place)
            }
            for row in 0..<Lanes.count {
                aggregates[row * width + target] = sums[row]
                isVoted[row * width + target] = true
            }
        case .targetOfTree:
            forest.forEachLeaf(ofRows: block.numbers.span) { tree, row, place in
                aggregates[row &* width &+ forest.targets[tree]] += forest.weight(at: place)
                isVoted[row &* width &+ forest.targets[tree]] = true
            }
        case .ofLeaf(let votes, let aggregation):
            forest.forEachLeaf(ofRows: block.numbers.span) { _, row, place in
                count(forest.votes[place], of: votes, aggregation, row: row)
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

    private mutating func clear(rows: Int) {
        for index in 0..<rows * width {
            aggregates[index] = 0
            isVoted[index] = false
        }
    }

    private mutating func count(
        _ range: Range<Int32>,
        of votes: LeafVotes,
        _ aggregation: TreeEnsembleAttributes.Aggregation,
        row: Int
    ) {
        for vote in Int(range.lowerBound)..<Int(range.upperBound) {
            let target = row * width + Int(votes.targets[vote])
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
    /// Every leaf has one vote, for the target of its tree.
    case targetOfTree
    /// A leaf may have none or several votes.
    case ofLeaf(LeafVotes, TreeEnsembleAttributes.Aggregation)
}
