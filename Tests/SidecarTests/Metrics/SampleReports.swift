// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import DriftStatistics
import PredictionLog

/// Reports of small worlds, made by real monitors.
///
/// Every numeric feature's reference is 1 … 400, every categorical one's 200 times each of two
/// categories. In the window every number is 1000, above all the reference, and every category is
/// the first, but each tenth row has no value at all.
enum SampleReports {
    static func reference(
        model: String = "delay",
        version: String = "1",
        numeric: [String] = ["temp"],
        categorical: [String] = ["carrier"],
        predicts: Bool = true
    ) throws -> Reference {
        let numbers = try NumericReference((1...400).map { Double($0) }, resolution: .exact)
        let texts = try CategoricalReference((1...400).map { $0 <= 200 ? "AA" : "UA" })
        let names = numeric + (predicts ? [Reference.predictionName] : [])
        var features = names.map {
            FeatureReference(name: $0, distribution: .numeric(numbers))
        }
        features.insert(
            contentsOf: categorical.map {
                FeatureReference(name: $0, distribution: .categorical(texts))
            },
            at: 0
        )
        return try Reference(model: model, version: version, rows: 400, features: features)
    }

    /// What a monitor says after some rows.
    static func monitor(
        _ reference: Reference,
        rows: Int = 250,
        windows: [String] = ["10k"]
    ) -> MonitorReport {
        var monitor = ModelMonitor(
            reference: reference,
            digest: "d",
            settings: MonitorSettings(
                windows: windows.map { WindowDefinition(name: $0, extent: .rows(10_000)) }
            )
        )
        let columns = reference.features.count
        var batch = RecordBatch(columnCount: columns, capacity: rows)
        for row in 0..<rows {
            let isMissing = row % 10 == 9
            let numbers = [Double](repeating: isMissing ? .nan : 1_000, count: columns)
            let cells = [UInt16](repeating: isMissing ? 3 : 0, count: columns)
            _ = batch.append(timestamp: .nan, numbers: numbers.span, cells: cells.span)
        }
        _ = monitor.observe(&batch, now: 1_700_000_000)
        return monitor.report(at: 1_700_000_000)
    }

    /// A published report of monitors.
    static func report(_ monitors: [MonitorReport]) -> Report {
        Report(time: 1_700_000_000.5, monitors: monitors)
    }
}
