// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import DriftMonitor
import DriftStatistics
import PredictionLog

/// A real monitor of a model, and the alerts that come of its reports.
///
/// The reference of `temp` and the prediction is 1 … 400, of `carrier` 200 times AA and UA each;
/// a tenth of `temp` is missing.
struct WatchedModel {
    /// A row: all of the reference's first half, or far from it, or without values.
    enum Row {
        case near, far, missing, unseen
    }

    var monitor: ModelMonitor
    var book: AlertBook
    var descriptions: [MonitorDescription]
    var now = 1_000.0

    init(_ rules: [AlertRule], windows: [Int] = [100], minimumRows: UInt64 = 10) throws {
        monitor = ModelMonitor(
            reference: try Self.reference(),
            digest: "first",
            settings: Self.settings(windows, minimumRows)
        )
        book = AlertBook(rules: rules)
        descriptions = [monitor.description]
    }

    private static func settings(_ windows: [Int], _ minimumRows: UInt64) -> MonitorSettings {
        MonitorSettings(
            windows: windows.map { WindowDefinition(name: "\($0) rows", extent: .rows($0)) },
            minimumRows: minimumRows,
            thresholds: Thresholds(ksStatistic: 0.6, jsDivergence: 0.1)
        )
    }

    static func reference(_ names: [String] = ["temp", "carrier"]) throws -> Reference {
        let numbers = (1...400).map { Double($0) }
        let gaps = numbers.map { $0.truncatingRemainder(dividingBy: 10) == 0 ? .nan : $0 }
        let texts = (1...400).map { $0 <= 200 ? "AA" : "UA" }
        let features = try names.map { name in
            FeatureReference(
                name: name,
                distribution: name == "carrier"
                    ? .categorical(try CategoricalReference(texts))
                    : .numeric(try NumericReference(gaps, resolution: .exact))
            )
        }
        let prediction = FeatureReference(
            name: Reference.predictionName,
            distribution: .numeric(try NumericReference(numbers, resolution: .exact))
        )
        return try Reference(
            model: "delay",
            version: "1",
            rows: 400,
            features: features + [prediction]
        )
    }

    /// Goes on with another reference, as after a promotion.
    mutating func promote(_ names: [String]) throws {
        monitor = ModelMonitor(
            reference: try Self.reference(names),
            digest: "second",
            settings: monitor.settings
        )
        descriptions.append(monitor.description)
    }

    /// Takes rows; every other one of what is near is of the second category.
    mutating func take(_ row: Row, _ count: Int) {
        let columns = monitor.reference.features.count
        var batch = RecordBatch(columnCount: columns, capacity: max(count, 1))
        for index in 0..<count {
            let (number, cell): (Double, UInt16) =
                switch row {
                case .near: (Double(index * 399 / max(1, count - 1)) + 1, UInt16(index % 2))
                case .far: (1_000, 0)
                case .unseen: (200, 2)
                case .missing: (.nan, 3)
                }
            let numbers = [Double](repeating: number, count: columns)
            let cells = [UInt16](repeating: cell, count: columns)
            _ = batch.append(timestamp: .nan, numbers: numbers.span, cells: cells.span)
        }
        _ = monitor.observe(&batch, now: now)
    }

    /// Evaluates, and lets the rules look.
    ///
    /// - Parameter describes: Which reference is known; nil for none.
    mutating func evaluate(describes: Int? = 0) {
        now += 10
        let description = describes.map { descriptions[$0] }
        book.observe(monitor.report(at: now), wall: now) { _ in description }
    }

    /// The features of the alerts of a rule that are pending or firing.
    func features(_ rule: String) -> [String] {
        book.active.keys.filter { $0.rule == rule }.compactMap(\.feature).sorted()
    }

    func active(_ rule: String, _ feature: String) -> Alert? { book.active[key(rule, feature)] }
    func ended(_ rule: String, _ feature: String) -> Alert? { book.ended[key(rule, feature)] }

    private func key(_ rule: String, _ feature: String) -> AlertKey {
        AlertKey(rule: rule, model: "delay", version: "1", feature: feature)
    }
}
