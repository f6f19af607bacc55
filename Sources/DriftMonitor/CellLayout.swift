// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftStatistics

/// Where each feature's cells lie in one flat array of counts.
///
/// Cell `c` of feature `f` is counted at `starts[f] + c`; the missing cell is the feature's last.
package struct CellLayout: Sendable, Equatable {
    /// The first cell of each feature, and the number of all cells at the end.
    private let starts: [Int]

    /// Lays out features of the given numbers of cells.
    package init(cellCounts: [Int]) {
        var starts = [0]
        starts.reserveCapacity(cellCounts.count + 1)
        var end = 0
        for count in cellCounts {
            end += count
            starts.append(end)
        }
        self.starts = starts
    }

    /// Lays out the cells of a reference's features, in its order.
    package init(_ reference: Reference) {
        self.init(cellCounts: reference.features.map(\.cellCount))
    }

    /// How many features there are, the prediction included.
    package var featureCount: Int { starts.count - 1 }

    /// How many cells all features have together.
    package var cellCount: Int { starts[starts.count - 1] }

    /// How many cells the largest feature has; 0 without features.
    package var largestFeature: Int {
        (0..<featureCount).map { cells(of: $0).count }.max() ?? 0
    }

    /// The cells of one feature.
    package func cells(of feature: Int) -> Range<Int> {
        starts[feature]..<starts[feature + 1]
    }
}
