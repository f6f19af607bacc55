// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import DriftStatistics

/// A feature's statistics as cells of a table, for `report` and `demo` alike.
enum FeatureRow {
    static let columns: [(title: String, alignment: TextTable.Alignment)] = [
        ("feature", .left), ("KS", .right), ("JS", .right), ("noise", .right),
        ("threshold", .right), ("missing", .right),
    ]

    static func cells(of feature: FeatureReport) -> [String] {
        let statistics = feature.statistics
        return [
            feature.name,
            number(statistics.ksStatistic),
            number(statistics.jsDivergence),
            number(statistics.noiseFloor(feature.threshold.statistic)),
            number(feature.threshold.value),
            number(statistics.missingRatio),
        ]
    }

    /// Four decimals, or a dash for what is undefined; every number here is within [0, 1] or near.
    private static func number(_ value: Double?) -> String {
        guard let value else { return "–" }
        let scaled = Int((value * 10_000).rounded())
        let decimals = String(scaled % 10_000)
        return "\(scaled / 10_000).\(String(repeating: "0", count: 4 - decimals.count))\(decimals)"
    }
}
