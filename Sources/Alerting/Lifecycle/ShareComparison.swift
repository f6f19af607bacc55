// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import DriftStatistics

/// A part of a feature's values, and its share then and now.
package struct MovedShare: Sendable, Equatable, Codable {
    /// The part in words: `carrier=UA`, `temp above 64.4:`, `plane_age missing`; what ends
    /// in a number ends in a colon.
    package var part: String
    /// Its share of the reference's rows, [0, 1].
    package var reference: Double
    /// Its share of the window's rows, [0, 1].
    package var window: Double

    /// Describes a part.
    package init(part: String, reference: Double, window: Double) {
        self.part = part
        self.reference = reference
        self.window = window
    }

    /// By how much the share has changed, either way.
    var movement: Double { abs(window - reference) }
}

/// Where a window's distribution differs from its reference, for people.
///
/// Neighbouring bins that moved the same way are told as one interval; what lies outside the
/// reference's range, is missing or unseen stands for itself.
struct ShareComparison {
    /// How many parts are told at most.
    static let maximumParts = 3
    /// What moved by less than a hundredth is not told.
    static let leastMovement = 0.01
    /// A bin that moved by less belongs to no interval that gained or lost.
    static let leastBinMovement = 0.001
    /// A picture has no more columns; rarer categories beyond are left out of it.
    static let maximumColumns = 24

    private let feature: MonitorDescription.Feature
    private let reference: [Double]
    private let window: [Double]
    private let outside: (below: Double, above: Double)

    /// Compares a window with its reference.
    ///
    /// - Returns: nil when either has no rows, or the bins are not those of the reference.
    init?(_ report: FeatureReport, _ feature: MonitorDescription.Feature) {
        let statistics = report.statistics
        let rows = feature.bins.reduce(0, +)
        guard rows > 0, statistics.rows > 0, statistics.bins.count == feature.bins.count,
            feature.kind == .categorical || feature.bins.count == feature.cutPoints.count + 2
        else { return nil }
        self.feature = feature
        reference = feature.bins.map { Double($0) / Double(rows) }
        window = statistics.bins.map { Double($0) / Double(statistics.rows) }
        outside = (
            Double(statistics.belowRange ?? 0) / Double(statistics.rows),
            Double(statistics.aboveRange ?? 0) / Double(statistics.rows)
        )
    }

    /// What moved most, the most first.
    var moved: [MovedShare] {
        let parts = feature.kind == .numeric ? intervals : categories
        return Array(
            (parts + [missing]).filter { $0.movement >= Self.leastMovement }
                .sorted { $0.movement > $1.movement }
                .prefix(Self.maximumParts)
        )
    }

    /// The shares of the bins in order; of categories those with most rows on either side.
    var picture: (reference: [Double], window: [Double]) {
        guard reference.count > Self.maximumColumns else { return (reference, window) }
        let kept = reference.indices
            .sorted { max(reference[$0], window[$0]) > max(reference[$1], window[$1]) }
            .prefix(Self.maximumColumns).sorted()
        return (kept.map { reference[$0] }, kept.map { window[$0] })
    }

    private var missing: MovedShare {
        MovedShare(
            part: "\(feature.name) missing",
            reference: reference.last ?? 0,
            window: window.last ?? 0
        )
    }

    private var categories: [MovedShare] {
        var parts = zip(feature.categories.indices, feature.categories).map { index, category in
            MovedShare(
                part: "\(feature.name)=\(category)",
                reference: reference[index],
                window: window[index]
            )
        }
        let unseen = feature.categories.count
        if unseen < reference.count - 1 {
            parts.append(
                MovedShare(
                    part: "\(feature.name) unseen",
                    reference: reference[unseen],
                    window: window[unseen]
                )
            )
        }
        return parts
    }

    /// Runs of bins that moved the same way, and what is beyond the range.
    private var intervals: [MovedShare] {
        guard let range = feature.range else { return [] }
        var parts: [MovedShare] = []
        if outside.below > 0 {
            parts.append(part("below \(number(range.lowerBound))", 0, outside.below))
        }
        if outside.above > 0 {
            parts.append(part("above \(number(range.upperBound))", 0, outside.above))
        }
        let last = feature.cutPoints.count
        // The outermost bins without what is beyond the range.
        var inner = Array(window.prefix(last + 1))
        inner[0] -= outside.below
        inner[last] -= outside.above
        var start = 0
        for bin in 0...last {
            let goesOn = bin < last && direction(bin + 1, inner) == direction(start, inner)
            if goesOn { continue }
            parts.append(
                part(
                    interval(start...bin, range),
                    reference[start...bin].reduce(0, +),
                    max(0, inner[start...bin].reduce(0, +))
                )
            )
            start = bin + 1
        }
        return parts
    }

    /// 1 for a bin that gained, −1 for one that lost, 0 for one that did not move.
    private func direction(_ bin: Int, _ inner: [Double]) -> Int {
        let movement = inner[bin] - reference[bin]
        guard abs(movement) >= Self.leastBinMovement else { return 0 }
        return movement > 0 ? 1 : -1
    }

    private func part(_ words: String, _ reference: Double, _ window: Double) -> MovedShare {
        MovedShare(part: "\(feature.name) \(words):", reference: reference, window: window)
    }

    /// An interval of bins in words, as far as it lies within the range: `(c₁, c₂]` is `c₁ to c₂`.
    private func interval(_ bins: ClosedRange<Int>, _ range: ClosedRange<Double>) -> String {
        let cuts = feature.cutPoints
        let lower = bins.lowerBound > 0 ? cuts[bins.lowerBound - 1] : range.lowerBound
        let upper = bins.upperBound < cuts.count ? cuts[bins.upperBound] : range.upperBound
        return lower < upper ? "\(number(lower)) to \(number(upper))" : "at \(number(upper))"
    }

    private func number(_ value: Double) -> String { MessageNumber.end(value) }
}
