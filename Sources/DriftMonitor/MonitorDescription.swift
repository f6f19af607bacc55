// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

package import DriftStatistics

/// What a monitor compares with what: its windows, and its reference by bins.
package struct MonitorDescription: Sendable, Equatable {
    /// One feature of the reference.
    package struct Feature: Sendable, Equatable {
        /// The feature's name.
        package let name: String
        /// Whether it is numeric or categorical.
        package let kind: FeatureKind
        /// The borders of a numeric feature's bins, ascending; empty for a categorical one.
        package let cutPoints: [Double]
        /// The reference's least and greatest value; nil for a categorical feature, or without any.
        package let range: ClosedRange<Double>?
        /// The categories of a categorical feature, in the order of its bins; else empty.
        package let categories: [String]
        /// The reference's rows in each bin: numeric (−∞, c₁] … (c_k, ∞), missing; categorical, the
        /// categories, unseen, missing.
        package let bins: [UInt64]
        /// What the verdict on the feature compares.
        package let threshold: Threshold
    }

    /// The model.
    package let model: String
    /// The version of the model.
    package let version: String
    /// The digest of the reference.
    package let reference: String
    /// How many rows the reference has.
    package let rows: Int
    /// Whose time the windows follow.
    package let clock: MonitorClock
    /// A statistic with fewer rows behind it is learning.
    package let minimumRows: UInt64
    /// The windows, in the order of the report.
    package let windows: [WindowDefinition]
    /// The features, in the order of the reference, the prediction last.
    package let features: [Feature]
}

extension ModelMonitor {
    /// What the monitor compares with what.
    ///
    /// - Complexity: O(cells of the reference).
    package var description: MonitorDescription {
        MonitorDescription(
            model: reference.model,
            version: reference.version,
            reference: digest,
            rows: reference.rows,
            clock: settings.clock,
            minimumRows: settings.minimumRows,
            windows: settings.windows,
            features: reference.features.map { feature in
                let numeric = feature.numeric
                return MonitorDescription.Feature(
                    name: feature.name,
                    kind: feature.kind,
                    cutPoints: numeric?.cutPoints ?? [],
                    range: numeric?.range,
                    categories: feature.categories,
                    bins: feature.binCounts,
                    threshold: settings.thresholds.threshold(of: feature)
                )
            }
        )
    }
}
