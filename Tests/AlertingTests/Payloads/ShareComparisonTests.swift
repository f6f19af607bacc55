// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Alerting
import DriftMonitor
import DriftStatistics
import PredictionLog
import Testing

struct ShareComparisonTests {
    /// What an alert tells of a window, compared with a reference of other values.
    private func moved(_ reference: [Double], _ window: [Double]) throws -> [String] {
        let feature = FeatureReference(
            name: Reference.predictionName,
            distribution: .numeric(try NumericReference(reference, resolution: .exact))
        )
        let whole = try Reference(
            model: "m",
            version: "1",
            rows: reference.count,
            features: [feature]
        )
        let settings = MonitorSettings(
            windows: [WindowDefinition(name: "w", extent: .rows(window.count))],
            minimumRows: 1
        )
        var monitor = ModelMonitor(reference: whole, digest: "d", settings: settings)
        let columns = ModelMonitor.schema(of: whole).columnCount
        var batch = RecordBatch(columnCount: columns, capacity: window.count)
        let cells = [UInt16](repeating: 0, count: columns)
        for value in window {
            let numbers = [Double](repeating: value, count: columns)
            let isAppended = batch.append(timestamp: 0, numbers: numbers.span, cells: cells.span)
            #expect(isAppended)
        }
        _ = monitor.observe(&batch, now: 0)
        var book = AlertBook(rules: [
            AlertRule(
                name: "Any",
                statistic: .feature(.totalVariation),
                condition: .above(0.01)
            )
        ])
        book.observe(monitor.report(at: 0), wall: 0) { _ in monitor.description }
        let evidence = try #require(book.active.values.first).evidence
        return evidence.moved.map { part in
            let (before, now) = (
                MessageNumber.percent(part.reference), MessageNumber.percent(part.window)
            )
            return "\(part.part) \(before) → \(now)"
        }
    }

    private let hundred = (0..<100).map(Double.init)

    @Test
    func `what lies outside the reference's range is told apart from what lies within`() throws {
        let window = hundred.map { $0 < 40 ? 200 : $0 < 50 ? -7 : $0 }
        let parts = try moved(hundred, window)
        #expect(
            parts == [
                "prediction 0 to 49: 50% → 0%", "prediction above 99: 0% → 40%",
                "prediction below 0: 0% → 10%",
            ]
        )
    }

    @Test
    func `neighbours that moved the same way are one interval, which ends with the range`() throws {
        let window = hundred.map { $0 < 30 ? 97 : $0 }
        let parts = try moved(hundred, window)
        #expect(
            parts == [
                "prediction 0 to 29: 30% → 0%", "prediction 94 to 99: 5% → 35%",
            ]
        )
    }

    @Test
    func `a single value is told as such, and what is missing too`() throws {
        let reference = [Double](repeating: 5, count: 10)
        let window = [Double](repeating: 5, count: 6) + [Double](repeating: .nan, count: 4)
        let parts = try moved(reference, window)
        #expect(parts.sorted() == ["prediction at 5: 100% → 60%", "prediction missing 0% → 40%"])
    }
}
