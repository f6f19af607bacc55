// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftMonitor
import DriftStatistics
package import Exposition

/// Renders a published report: windows, statistics, thresholds and verdicts.
///
/// A statistic that is undefined or `learning` has no series, for a number that means nothing yet
/// would be alerted on. Feature names stand in label values only.
package struct DriftMetrics: Sendable {
    /// How many features of a model version have series; the others are counted.
    ///
    /// The first in the order of the reference, and always the prediction: a choice that depends
    /// on nothing that happens, so that series do not come and go.
    package let maximumFeatures: Int
    private var cache = SeriesLabels()

    /// Makes a renderer that has rendered nothing.
    package init(maximumFeatures: Int = 200) {
        self.maximumFeatures = max(maximumFeatures, 1)
    }

    /// How many label sets are kept for the next page.
    package var cachedLabels: Int { cache.count }

    /// Writes the families of a report; none before there is one.
    ///
    /// - Complexity: O(features × windows), with no allocation for a series rendered before but
    ///   that of its digits.
    package mutating func write(_ report: Report?, to writer: inout ExpositionWriter) {
        let series = resolve(report)
        writer.single(DriftFamilies.reportTimestamp, report?.time)
        writer.family(DriftFamilies.windowRows) { family in
            for window in series.windows { family.sample(count: window.rows, window.labels) }
        }
        for (statistic, descriptor) in DriftFamilies.statistics {
            writer.family(descriptor) { family in
                for (report, labels) in series.features {
                    guard let value = report.exported(statistic) else { continue }
                    family.sample(value, labels)
                }
            }
        }
        writeJudgements(of: series.features, to: &writer)
        writer.family(DriftFamilies.omittedFeatures) { family in
            for version in series.versions {
                family.sample(count: UInt64(version.omitted), version.labels)
            }
        }
    }

    private func writeJudgements(
        of features: [(report: FeatureReport, labels: Labels)],
        to writer: inout ExpositionWriter
    ) {
        writer.family(DriftFamilies.threshold) { family in
            for (report, labels) in features {
                let statistic = report.threshold.statistic
                family.sample(report.threshold.value, labels, DriftFamilies.label(statistic))
            }
        }
        writer.family(DriftFamilies.noiseFloor) { family in
            for (report, labels) in features {
                for statistic in Statistic.allCases where !report.isLearning(statistic) {
                    guard let floor = report.statistics.noiseFloor(statistic) else { continue }
                    family.sample(floor, labels, DriftFamilies.label(statistic))
                }
            }
        }
        writer.family(DriftFamilies.verdict) { family in
            for (report, labels) in features {
                for (verdict, label) in DriftFamilies.verdicts {
                    family.sample(count: report.verdict == verdict ? 1 : 0, labels, label)
                }
            }
        }
    }

    /// The series of a report with their labels, which the cache has but for new ones.
    private mutating func resolve(_ report: Report?) -> Series {
        var series = Series()
        cache.rewind()
        for monitor in report?.monitors ?? [] {
            var key = SeriesLabels.Key(model: monitor.model, version: monitor.version)
            let all = monitor.windows.first?.features.count ?? 0
            series.versions.append((max(all - maximumFeatures, 0), cache.next(key)))
            for window in monitor.windows {
                key.window = window.window
                key.feature = nil
                series.windows.append((window.rows, cache.next(key)))
                for feature in window.features.exported(atMost: maximumFeatures) {
                    key.feature = feature.name
                    series.features.append((feature, cache.next(key)))
                }
            }
        }
        cache.dropRest()
        return series
    }

    /// What a page shows, in its order.
    private struct Series {
        var versions: [(omitted: Int, labels: Labels)] = []
        var windows: [(rows: UInt64, labels: Labels)] = []
        var features: [(report: FeatureReport, labels: Labels)] = []
    }
}

extension [FeatureReport] {
    /// The features that have series: all, or the first ones and the prediction.
    func exported(atMost limit: Int) -> [FeatureReport] {
        guard count > limit else { return self }
        guard let last, last.name == Reference.predictionName else {
            return Array(prefix(limit))
        }
        return prefix(limit - 1) + [last]
    }
}

extension FeatureReport {
    /// A statistic as it may be alerted on; nil while it is undefined or learning.
    fileprivate func exported(_ statistic: Statistic) -> Double? {
        isLearning(statistic) ? nil : statistics[statistic]
    }
}
