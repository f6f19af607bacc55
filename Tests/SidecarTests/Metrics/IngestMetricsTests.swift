// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import DriftMonitor
import Exposition
import PredictionLog
import Sidecar
import TestSupport
import Testing

/// The page of the counters in a format, read by the checker, which finds nothing wrong with it.
private func page(
    _ counters: IngestCounters,
    _ format: ExpositionFormat = .text004
) -> ExpositionCheck {
    var metrics = IngestMetrics()
    var writer = ExpositionWriter(format)
    metrics.write(counters, to: &writer)
    let check = ExpositionCheck(
        String(decoding: writer.finish(), as: UTF8.self),
        dialect: format == .text004 ? .text : .openMetrics
    )
    #expect(check.faults == [])
    return check
}

struct IngestMetricsTests {
    @Test(arguments: ExpositionFormat.allCases)
    func `every counter stands under its own name`(format: ExpositionFormat) {
        var counters = IngestCounters()
        counters.versions = [
            RecordCounts(
                model: "delay",
                version: "1",
                records: 10,
                failed: 2,
                invalidValues: 3
            ),
            RecordCounts(model: "delay", version: "2"),
        ]
        counters.rejected = [.malformed: 4]
        counters.unknownFeatures = 5
        counters.actuals = 6
        counters.bytes = .max
        counters.connections = 7
        counters.connectionsRefused = 8
        counters.producerDropped = 9
        let page = page(counters, format)
        let first = ["model": "delay", "model_version": "1"]
        let second = ["model": "delay", "model_version": "2"]
        #expect(page.value("kedge_ingest_records_total", first) == 10)
        #expect(page.value("kedge_ingest_failed_total", first) == 2)
        #expect(page.value("kedge_ingest_invalid_values_total", first) == 3)
        #expect(page.value("kedge_ingest_records_total", second) == 0)
        #expect(page.value("kedge_ingest_rejected_total", ["reason": "malformed"]) == 4)
        #expect(page.value("kedge_ingest_rejected_total", ["reason": "late"]) == 0)
        #expect(page.value("kedge_ingest_unknown_features_total") == 5)
        #expect(page.value("kedge_ingest_actuals_total") == 6)
        #expect(page.value("kedge_ingest_bytes_total") == 18_446_744_073_709_551_616)
        #expect(page.value("kedge_ingest_connections") == 7)
        #expect(page.value("kedge_ingest_connections_refused_total") == 8)
        #expect(page.value("kedge_producer_dropped_total") == 9)
    }

    @Test
    func `every reason has a series before it occurs`() {
        let page = page(IngestCounters())
        for reason in RejectReason.allCases {
            #expect(page.value("kedge_ingest_rejected_total", ["reason": reason.rawValue]) == 0)
        }
    }

    @Test
    func `a model version that is gone leaves no series`() {
        var metrics = IngestMetrics()
        var counters = IngestCounters()
        for version in ["1", "2"] {
            counters.versions = [RecordCounts(model: "delay", version: version)]
            var writer = ExpositionWriter(.text004)
            metrics.write(counters, to: &writer)
            let text = String(decoding: writer.finish(), as: UTF8.self)
            let check = ExpositionCheck(text, dialect: .text)
            let records = check.samples.filter { $0.name == "kedge_ingest_records_total" }
            #expect(records.map(\.labels) == [["model": "delay", "model_version": version]])
        }
    }
}
