// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import DriftStatistics
import PredictionLog
import TestSupport

/// A reference of three columns, small enough that every cell is hit.
enum SmallWorld {
    /// `speed` 0 … 3, `carrier` AA, BB or CC, and a numeric prediction.
    static func reference(
        model: String = "delay",
        version: String = "1"
    ) throws -> Reference {
        try Reference(
            model: model,
            version: version,
            rows: 8,
            features: [
                FeatureReference(
                    name: "speed",
                    distribution: .numeric(
                        NumericReference([0, 0, 1, 1, 2, 3, 3, .nan], resolution: .exact)
                    )
                ),
                FeatureReference(
                    name: "carrier",
                    distribution: .categorical(
                        CategoricalReference(["AA", "AA", "AA", "BB", "BB", "CC", "CC", nil])
                    )
                ),
                FeatureReference(
                    name: Reference.predictionName,
                    distribution: .numeric(
                        NumericReference(
                            [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8],
                            resolution: .exact
                        )
                    )
                ),
            ]
        )
    }

    /// Four windows: two over panes, of which one is coarser, and two over rows.
    static let windows = [
        WindowDefinition(name: "3m", extent: .panes(count: 3, seconds: 60)),
        WindowDefinition(name: "6m", extent: .panes(count: 2, seconds: 180)),
        WindowDefinition(name: "5 rows", extent: .rows(5)),
        WindowDefinition(name: "17 rows", extent: .rows(17)),
    ]
}

/// One row as a model is asked for a prediction.
struct Row: Sendable, Equatable {
    var time = Double.nan
    var speed = 0.0
    /// 0, 1, 2 for the categories, 3 for an unseen one, 4 for none.
    var carrier: UInt16 = 0
    var prediction = 0.1

    /// A row on and between knots, outside of them, and missing.
    static func random(time: Double = .nan, using random: inout SeededGenerator) -> Row {
        Row(
            time: time,
            speed: [-1, 0, 0.5, 1, 2, 2.5, 3, 9, .nan].randomElement(using: &random) ?? 0,
            carrier: UInt16.random(in: 0...4, using: &random),
            prediction: Double(Int.random(in: 0...9, using: &random)) / 10
        )
    }
}

extension RecordBatch {
    /// A batch of rows of the small world.
    init(_ rows: some Collection<Row>, spare: Int = 0) throws {
        let schema = ModelMonitor.schema(of: try SmallWorld.reference())
        self.init(columnCount: schema.columnCount, capacity: max(rows.count + spare, 1))
        for row in rows { append(row) }
    }

    /// Puts a row of the small world behind the others.
    mutating func append(_ row: Row) {
        let numbers = [row.speed, .nan, row.prediction]
        let cells = [0, row.carrier, 0]
        let isAppended = append(timestamp: row.time, numbers: numbers.span, cells: cells.span)
        precondition(isAppended, "the batch is full")
    }
}

/// What windows hold, counted anew from a list of rows every time: the oracle.
struct NaiveWindows {
    let reference: Reference
    let settings: MonitorSettings
    /// Every row accepted, in the order of acceptance, with its time.
    var rows: [Row] = []

    /// The counts by cell of one feature over some rows.
    func counts(of feature: Int, over rows: some Sequence<Row>) -> [UInt64] {
        var counts = [UInt64](repeating: 0, count: reference.features[feature].cellCount)
        for row in rows {
            switch reference.features[feature].distribution {
            case .categorical: counts[Int(row.carrier)] += 1
            case .numeric(let numeric):
                let value = feature == 0 ? row.speed : row.prediction
                counts[numeric.naiveCell(of: value)] += 1
            }
        }
        return counts
    }

    /// The rows in a window whose current pane holds `time`; of those up to `upTo` seconds.
    func rows(in window: WindowDefinition, at time: Double, upTo end: Double = .infinity) -> [Row] {
        switch window.extent {
        case .rows(let count): return rows.suffix(count)
        case .panes(let count, let seconds):
            let current = (time / Double(seconds)).rounded(.down)
            return rows.filter { row in
                let pane = (row.time / Double(seconds)).rounded(.down)
                return pane > current - Double(count) && row.time < end
            }
        }
    }

    /// The statistics of every window and feature.
    func statistics(at time: Double, upTo end: Double = .infinity) -> [[FeatureStatistics]] {
        settings.windows.map { window in
            let rows = rows(in: window, at: time, upTo: end)
            return reference.features.indices.map { feature in
                FeatureEvaluator(reference.features[feature])
                    .statistics(of: counts(of: feature, over: rows).span)
            }
        }
    }
}

extension NumericReference {
    /// A value's cell by comparing it with every knot.
    func naiveCell(of value: Double) -> Int {
        guard !value.isNaN else { return 2 * knots.count + 1 }
        return knots.count { $0 < value } * 2 + (knots.contains(value) ? 1 : 0)
    }
}

extension MonitorReport {
    /// The statistics of every window and feature.
    var statistics: [[FeatureStatistics]] {
        windows.map { $0.features.map(\.statistics) }
    }
}
