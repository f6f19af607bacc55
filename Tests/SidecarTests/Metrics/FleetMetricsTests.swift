// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import DriftStatistics
import Exposition
import PredictionLog
import Sidecar
import TestSupport
import Testing

struct FleetMetricsTests {
    /// A monitor with a window by time and one by count, and so many rows of the value 1000.
    private func monitor(rows: Int) throws -> ModelMonitor {
        let reference = try SampleReports.reference()
        var monitor = ModelMonitor(
            reference: reference,
            digest: "sha256:0123456789abcdef",
            settings: MonitorSettings(windows: [
                WindowDefinition(name: "1h", extent: .panes(count: 60, seconds: 60)),
                WindowDefinition(name: "10k", extent: .rows(10_000)),
            ])
        )
        guard rows > 0 else { return monitor }
        let columns = reference.features.count
        var batch = RecordBatch(columnCount: columns, capacity: rows)
        for _ in 0..<rows {
            let numbers = [Double](repeating: 1_000, count: columns)
            let cells = [UInt16](repeating: 0, count: columns)
            _ = batch.append(timestamp: .nan, numbers: numbers.span, cells: cells.span)
        }
        _ = monitor.observe(&batch, now: 1_700_000_000)
        return monitor
    }

    private func page(
        _ monitor: ModelMonitor,
        bins: Int = 256,
        features: Int = 200
    ) -> ExpositionCheck {
        var monitor = monitor
        let report = monitor.report(at: 1_700_000_000)
        let description = monitor.description
        var metrics = FleetMetrics(maximumFeatures: features, maximumBins: bins)
        var pages: [[UInt8]] = []
        for _ in 1...2 {
            var writer = ExpositionWriter(.text004, reservingBytes: 0)
            metrics.write(
                Report(time: 1_700_000_000, monitors: [report]),
                describe: { _ in description },
                to: &writer
            )
            pages.append(writer.finish())
        }
        #expect(pages[0] == pages[1])
        let check = ExpositionCheck(String(decoding: pages[0], as: UTF8.self), dialect: .text)
        #expect(check.faults == [])
        return check
    }

    private func labels(_ feature: String, _ bin: String, window: String? = nil) -> [String: String]
    {
        var labels = [
            "model": "delay", "model_version": "1", "reference": "sha256:0123456789ab",
            "feature": feature, "bin": bin,
        ]
        labels["window"] = window
        return labels
    }

    @Test
    func `every bin has its count, empty ones too, in windows by time`() throws {
        let check = page(try monitor(rows: 7))
        let name = "kedge_window_observations"
        #expect(check.value(name, labels("temp", "000", window: "1h")) == 0)
        #expect(check.value(name, labels("temp", "019", window: "1h")) == 7)
        #expect(check.value(name, labels("temp", "missing", window: "1h")) == 0)
        #expect(check.value(name, labels("temp", "020", window: "1h")) == nil)
        #expect(check.value(name, labels("temp", "019", window: "10k")) == nil)
        #expect(check.value(name, labels("carrier", "000", window: "1h")) == 7)
        #expect(check.value(name, labels("carrier", "unseen", window: "1h")) == 0)
        #expect(check.value("kedge_reference_observations", labels("temp", "000")) == 20)
        #expect(check.value("kedge_reference_observations", labels("carrier", "001")) == 200)
        #expect(check.value("kedge_reference_observations", labels("prediction", "019")) == 20)
    }

    @Test
    func `numeric features have sums from the left, without what is missing`() throws {
        let check = page(try monitor(rows: 7))
        let window = "kedge_window_observations_cumulative"
        let reference = "kedge_reference_observations_cumulative"
        #expect(check.value(window, labels("temp", "018", window: "1h")) == 0)
        #expect(check.value(window, labels("temp", "019", window: "1h")) == 7)
        #expect(check.value(window, labels("temp", "missing", window: "1h")) == nil)
        #expect(check.value(reference, labels("temp", "001")) == 40)
        #expect(check.value(reference, labels("temp", "019")) == 400)
        #expect(check.value(reference, labels("carrier", "000")) == nil)
    }

    @Test
    func `a window without rows has its series already`() throws {
        let check = page(try monitor(rows: 0))
        #expect(check.value("kedge_window_observations", labels("temp", "019", window: "1h")) == 0)
    }

    @Test
    func `a feature with more bins than are exported has none, and is counted`() throws {
        let version = ["model": "delay", "model_version": "1"]
        let check = page(try monitor(rows: 7), bins: 20)
        #expect(check.value("kedge_fleet_omitted_features", version) == 2)
        #expect(check.value("kedge_reference_observations", labels("temp", "000")) == nil)
        #expect(check.value("kedge_reference_observations", labels("carrier", "000")) == 200)
        let capped = page(try monitor(rows: 7), features: 2)
        #expect(capped.value("kedge_fleet_omitted_features", version) == 1)
        let none = page(try monitor(rows: 7), bins: 0)
        #expect(none.samples.isEmpty)
    }
}
