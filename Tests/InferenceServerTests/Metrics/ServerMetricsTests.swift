// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

import Exposition
import Hosting
import Inference
import InferenceServer
import TestSupport
import Testing

private func served(_ name: String, _ version: String) throws -> ServedModel {
    let bytes = try Fixture.bytes("repository/constant-1.onnx")
    return ServedModel(
        name: name,
        version: version,
        digest: "sha256:\(version)",
        model: try Model(onnx: bytes.span),
        features: [],
        logged: .value
    )
}

private func page(
    _ counters: ServerCounters,
    _ catalog: ModelCatalog,
    log: LogFigures? = nil,
    format: ExpositionFormat = .openMetrics100
) -> String {
    let metrics = ServerMetrics(
        build: BuildInfo(version: "1", revision: "r"),
        counters: counters
    )
    let content = ServerMetrics.Content(
        catalog: catalog,
        log: log,
        accessLogDropped: log.map { _ in 3 },
        process: ProcessStatistics()
    )
    return String(decoding: metrics.render(format, content), as: UTF8.self)
}

private func summary(
    _ outcome: PredictionOutcome?,
    _ served: ServedModel? = nil,
    rows: Int = 0,
    reason: String? = nil
) -> RequestSummary {
    var summary = RequestSummary()
    (summary.outcome, summary.served, summary.rows, summary.reason) =
        (outcome, served, rows, reason)
    return summary
}

struct ServerMetricsTests {
    @Test(arguments: [
        (ExpositionFormat.text004, ExpositionCheck.Dialect.text),
        (.openMetrics100, .openMetrics),
    ])
    func `is a page that every reader takes`(
        format: ExpositionFormat,
        dialect: ExpositionCheck.Dialect
    ) throws {
        let (one, two) = (try served("delay", "1"), try served("delay", "2"))
        let counters = ServerCounters()
        counters.count(summary(.ok, one, rows: 5), latency: .microseconds(70))
        counters.count(summary(.ok, one, rows: 2), latency: .milliseconds(3))
        counters.count(summary(.rejected, one, rows: 9, reason: "json_invalid"), latency: .zero)
        counters.count(summary(.failed, reason: "not_ready"), latency: .seconds(9))
        counters.count(summary(nil), latency: .seconds(9))
        var log = LogFigures()
        (log.sent, log.dropped, log.queuedBytes, log.isConnected) = (11, 2, 300, true)
        log.acknowledgements = LogFigures.Acknowledgements(
            acknowledged: 8,
            outstanding: 3,
            outstandingBytes: 700
        )
        let catalog = ModelCatalog(entries: [
            ModelCatalog.Entry(name: "delay", versions: [one, two], defaultVersion: two)
        ])
        let check = ExpositionCheck(
            page(counters, catalog, log: log, format: format),
            dialect: dialect
        )
        #expect(check.faults == [])
        let first = ["model": "delay", "model_version": "1"]
        let requests = "prediction_requests_total"
        #expect(check.value(requests, first.merging(["outcome": "ok"]) { $1 }) == 2)
        #expect(check.value(requests, first.merging(["outcome": "rejected"]) { $1 }) == 1)
        #expect(check.value(requests, first.merging(["outcome": "failed"]) { $1 }) == 0)
        #expect(check.value("prediction_rows_total", first) == 7)
        #expect(check.value("prediction_latency_seconds_count", first) == 3)
        let bucket = first.merging(["le": "0.0001"]) { $1 }
        #expect(check.value("prediction_latency_seconds_bucket", bucket) == 2)
        let unknown = ["model": "unknown", "model_version": "unknown", "outcome": "failed"]
        #expect(check.value(requests, unknown) == 1)
        #expect(check.value("prediction_errors_total", ["reason": "json_invalid"]) == 1)
        #expect(check.value("prediction_errors_total", ["reason": "not_ready"]) == 1)
        let info = [
            "model": "delay", "model_version": "2", "digest": "sha256:2", "default": "true",
        ]
        #expect(check.value("prediction_model_info", info) == 1)
        #expect(check.value("prediction_log_dropped_total") == 2)
        #expect(check.value("prediction_log_records_total") == 11)
        #expect(check.value("prediction_log_connected") == 1)
        #expect(check.value("prediction_log_queue_bytes") == 300)
        #expect(check.value("prediction_log_acknowledged_total") == 8)
        #expect(check.value("prediction_log_unacknowledged") == 3)
        #expect(check.value("prediction_log_unacknowledged_bytes") == 700)
        #expect(check.value("kedge_access_log_dropped_total") == 3)
        #expect(check.value("prediction_in_flight") == 0)
    }

    @Test
    func `the series of a version that is gone are gone`() throws {
        let one = try served("delay", "1")
        let counters = ServerCounters()
        counters.count(summary(.ok, one, rows: 1), latency: .zero)
        let text = page(counters, ModelCatalog())
        #expect(!text.contains("delay"))
        #expect(text.contains("model=\"unknown\""))
        #expect(!text.contains("prediction_log_"))
    }

    @Test
    func `reasons are bounded`() {
        let counters = ServerCounters()
        for number in 0..<1_000 {
            counters.count(summary(.rejected, reason: "reason \(number)"), latency: .zero)
        }
        #expect(counters.errors.count == 65)
        #expect(counters.errors["other"] == 936)
    }
}
