// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftMonitor
import DriftStatistics
package import Exposition

/// Renders windows and references as counts by bin, for drift of a whole fleet.
///
/// Counts add: what Prometheus computes from the sum over replicas is what one sidecar would have
/// computed on all of the traffic. So every bin has a series, empty ones too, from the first report
/// on and also while a window is `learning`: the fleet may have the rows that one replica lacks.
/// Only windows by time are the same rows on all replicas.
package struct FleetMetrics: Sendable {
    private let maximumFeatures: Int
    private let maximumBins: Int
    private var cache = FleetLabels()
    private var references: [MonitorKey: MonitorDescription] = [:]

    /// Makes a renderer that has rendered nothing.
    ///
    /// - Parameters:
    ///   - maximumFeatures: How many features of a model version have series.
    ///   - maximumBins: How many bins of a feature have series; one with more has none, and 0 leaves
    ///     all of them out.
    package init(maximumFeatures: Int = 200, maximumBins: Int = 256) {
        self.maximumFeatures = max(maximumFeatures, 1)
        self.maximumBins = maximumBins
    }

    /// Writes the families of a report; none before there is one.
    ///
    /// - Parameters:
    ///   - report: The last report published.
    ///   - describe: What a monitor is compared with, asked when its reference is not known yet.
    ///   - writer: Where the families go.
    /// - Complexity: O(features × bins × windows), with no allocation for a series rendered before.
    package mutating func write(
        _ report: Report?,
        describe: (MonitorReport) -> MonitorDescription?,
        to writer: inout ExpositionWriter
    ) {
        guard let report, maximumBins > 0 else { return }
        let series = resolve(report, describe)
        for (descriptor, series) in [
            (Self.window, series.windows), (Self.reference, series.references),
        ] {
            writer.family(descriptor) { family in
                for series in series {
                    for (bin, count) in zip(series.bins, series.counts) {
                        family.sample(count: count, series.labels, bin)
                    }
                }
            }
        }
        for (descriptor, series) in [
            (Self.windowCumulative, series.windows), (Self.referenceCumulative, series.references),
        ] {
            writer.family(descriptor) { family in
                for series in series where series.isNumeric {
                    var sum: UInt64 = 0
                    // All bins but that of missing values.
                    for (bin, count) in zip(series.bins, series.counts).dropLast() {
                        sum &+= count
                        family.sample(count: sum, series.labels, bin)
                    }
                }
            }
        }
        writer.family(Self.omitted) { family in
            for (labels, count) in series.omitted { family.sample(count: UInt64(count), labels) }
        }
    }

    /// A feature's counts in one window, or in the reference.
    private struct Series {
        let labels: Labels
        let bins: ArraySlice<Labels>
        let counts: [UInt64]
        let isNumeric: Bool
    }

    private mutating func resolve(
        _ report: Report,
        _ describe: (MonitorReport) -> MonitorDescription?
    ) -> (windows: [Series], references: [Series], omitted: [(Labels, Int)]) {
        var (windows, compared): ([Series], [Series]) = ([], [])
        var omitted: [(Labels, Int)] = []
        var known: [MonitorKey: MonitorDescription] = [:]
        cache.rewind()
        for monitor in report.monitors {
            let key = MonitorKey(
                model: monitor.model,
                version: monitor.version,
                digest: monitor.reference
            )
            guard let description = references[key] ?? describe(monitor) else { continue }
            known[key] = description
            let features = monitor.windows.first?.features.exported(atMost: maximumFeatures) ?? []
            let shown = Set(features.map(\.name))
            let limit = maximumBins
            let isExported = { (name: String, bins: Int) in
                bins <= limit && shown.contains(name)
            }
            for feature in description.features where isExported(feature.name, feature.bins.count) {
                compared.append(
                    Series(
                        labels: cache.next(key, nil, feature.name),
                        bins: FleetLabels.bins(feature.bins.count, feature.kind),
                        counts: feature.bins,
                        isNumeric: feature.kind == .numeric
                    )
                )
            }
            for window in monitor.windows where window.isByTime {
                for feature in window.features
                where isExported(feature.name, feature.statistics.bins.count) {
                    windows.append(
                        Series(
                            labels: cache.next(key, window.window, feature.name),
                            bins: FleetLabels.bins(feature.statistics.bins.count, feature.kind),
                            counts: feature.statistics.bins,
                            isNumeric: feature.kind == .numeric
                        )
                    )
                }
            }
            let left = description.features.count { !isExported($0.name, $0.bins.count) }
            omitted.append((Labels(["model": key.model, "model_version": key.version]), left))
        }
        cache.dropRest()
        references = known
        return (windows, compared, omitted)
    }

    private static let window = MetricDescriptor(
        "kedge_window_observations",
        .gauge,
        help: "Records of the window in each bin; counts of replicas add up."
    )
    private static let reference = MetricDescriptor(
        "kedge_reference_observations",
        .gauge,
        help: "Rows of the reference in each bin."
    )
    private static let windowCumulative = MetricDescriptor(
        "kedge_window_observations_cumulative",
        .gauge,
        help: "Records of the window in each bin of a numeric feature and the bins below it."
    )
    private static let referenceCumulative = MetricDescriptor(
        "kedge_reference_observations_cumulative",
        .gauge,
        help: "Rows of the reference in each bin of a numeric feature and the bins below it."
    )
    private static let omitted = MetricDescriptor(
        "kedge_fleet_omitted_features",
        .gauge,
        help: "Features without series by bin: beyond those exported, or with too many bins."
    )
}

/// The labels of series by bin, rendered once; a list that a page walks along, as `SeriesLabels`.
struct FleetLabels: Sendable {
    private struct Key: Equatable {
        var monitor: MonitorKey
        var window: String?
        var feature: String
    }

    private var entries: [(key: Key, labels: Labels)] = []
    private var position = 0

    /// Goes back to the first series, for a new page.
    mutating func rewind() { position = 0 }

    /// The labels of the next feature of the page, but for the bin.
    mutating func next(_ monitor: MonitorKey, _ window: String?, _ feature: String) -> Labels {
        let key = Key(monitor: monitor, window: window, feature: feature)
        defer { position += 1 }
        if position < entries.count, entries[position].key == key {
            return entries[position].labels
        }
        var labels = Labels([
            "model": monitor.model, "model_version": monitor.version,
            "reference": Self.short(monitor.digest),
        ])
        if let window { labels = labels.adding("window", window) }
        labels = labels.adding("feature", feature)
        if position < entries.count {
            entries[position] = (key, labels)
        } else {
            entries.append((key, labels))
        }
        return labels
    }

    /// Forgets the series that this page does not have.
    mutating func dropRest() { entries.removeLast(entries.count - position) }

    /// The labels of a feature's bins: their places in order, then `unseen` for a categorical one,
    /// then `missing`; never a cut point or a category.
    static func bins(_ count: Int, _ kind: FeatureKind) -> ArraySlice<Labels> {
        let named = kind == .numeric ? [missing] : [unseen, missing]
        let numbered = max(0, count - named.count)
        if numbered <= places.count { return places[..<numbered] + named }
        return (0..<numbered).map(place)[...] + named
    }

    /// Enough of a digest to tell references apart: `sha256:` and 12 digits.
    private static func short(_ digest: String) -> String { String(digest.prefix(7 + 12)) }

    private static let places = (0..<256).map(place)
    private static let missing = Labels(["bin": "missing"])
    private static let unseen = Labels(["bin": "unseen"])

    private static func place(_ number: Int) -> Labels {
        let digits = String(number)
        return Labels(["bin": String(repeating: "0", count: max(0, 3 - digits.count)) + digits])
    }
}
