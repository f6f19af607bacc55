// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

/// Limits on what the graph of an ensemble may ask for, far above what any trainer makes.
package struct TreeEnsembleLimits: Sendable {
    /// Positions of nodes and votes are kept in 32 bits; equality takes two nodes in three places.
    static let mostNodes = 1 << 24
    static let mostVotes = 1 << 26

    /// Nodes and leaves.
    package let nodes: Int
    /// Votes of leaves.
    package let votes: Int
    /// Targets of a regressor or classes of a classifier.
    let targets = 1 << 16
    /// The last feature that a node may compare.
    let highestFeature = 1 << 20

    /// Makes limits; without arguments, or above them, the highest there are: 2^24 nodes, 2^26 votes.
    package init(nodes: Int = .max, votes: Int = .max) {
        self.nodes = min(nodes, Self.mostNodes)
        self.votes = min(votes, Self.mostVotes)
    }
}
